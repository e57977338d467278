/// The torch-free library from outside: the same seed gives the same draws, another stream others.
#include <eida/core/error.h>
#include <eida/core/rng.h>

#include <cstdio>

int main() {
  eida::Rng a(7, "outside");
  eida::Rng b(7, "outside");
  eida::Rng other(7, "elsewhere");
  const auto first = a.next();
  if (first != b.next() || first == other.next()) {
    std::fputs("Rng: streams are not what they should be\n", stderr);
    return 1;
  }
  try {
    a.below(0);
  } catch (const eida::Error&) {
    return 0;
  }
  std::fputs("Rng::below(0) should have thrown\n", stderr);
  return 1;
}
