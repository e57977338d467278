#include "eida/parallel/communicator.h"

#include <ATen/ops/empty.h>

namespace eida {

const Communicator& Communicator::single() {
  static const Communicator alone;
  return alone;
}

bool ask_root(const Communicator& processes, const std::function<bool()>& ask) {
  std::string answer = processes.is_root() && ask() ? "yes" : "no";
  processes.broadcast(answer);
  return answer == "yes";
}

at::Tensor all_gather_rows(const Communicator& processes, const at::Tensor& rows) {
  if (processes.size() == 1) return rows;
  at::Tensor all = processes.gather_rows(rows);
  std::string count = std::to_string(all.size(0));
  processes.broadcast(count);
  if (!processes.is_root()) all = at::empty({std::stoll(count), rows.size(1)}, rows.options());
  processes.broadcast(all);
  return all;
}

std::vector<std::string> all_gather(const Communicator& processes, const std::string& bytes) {
  if (processes.size() == 1) return {bytes};
  std::vector<std::string> all = processes.gather(bytes);
  std::string lengths, joined;
  for (const std::string& part : all) {
    lengths += std::to_string(part.size()) + ' ';
    joined += part;
  }
  processes.broadcast(lengths);
  processes.broadcast(joined);
  all.clear();
  for (size_t at = 0, begin = 0; at < lengths.size();) {
    const size_t end = lengths.find(' ', at);
    const size_t length = std::stoull(lengths.substr(at, end - at));
    all.push_back(joined.substr(begin, length));
    begin += length;
    at = end + 1;
  }
  return all;
}

}  // namespace eida
