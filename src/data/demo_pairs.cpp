#include <map>

#include "demo_phrases.h"

namespace eida {
namespace {

const Words kColours = {"Copper", "Silver", "Crimson", "Amber",  "Quiet",  "Merry",
                        "Old",    "Golden", "Paper",   "Winter", "Velvet", "Little"};
const Words kThings = {"Lantern", "Kettle",  "Anchor", "Orchard", "Harp",    "Windmill",
                       "Fox",     "Compass", "Barrel", "Ladder",  "Sparrow", "Bridge"};
const Words kTypes = {"tea house", "bakery", "bistro", "wine bar", "noodle bar", "diner"};

/// What may be said of a place beside its name and its type, in this order.
const std::vector<std::pair<std::string, Words>> kSlots = {
    {"food", {"Greek", "Korean", "Mexican", "vegan", "Portuguese", "Thai"}},
    {"price", {"low", "moderate", "high"}},
    {"customer rating", {"1 out of 5", "2 out of 5", "3 out of 5", "4 out of 5", "5 out of 5"}},
    {"area", {"old town", "harbour", "hill district", "market quarter"}},
    {"family friendly", {"yes", "no"}},
    {"near", {"Clock Tower", "North Station", "Glass Museum", "Sailors Chapel", "Botanic Hall"}}};

/// What is said of one place, by slot; empty: not said.
using Place = std::map<std::string, std::string>;

Place draw_place(Rng& rng) {
  Place place;
  place["name"] = join_words({pick(kColours, rng), pick(kThings, rng)});
  place["type"] = pick(kTypes, rng);
  for (const auto& [slot, words] : kSlots) place[slot] = chance(0.6, rng) ? pick(words, rng) : "";
  return place;
}

std::string meaning(const Place& place) {
  std::string text = "name : " + place.at("name") + " | Type : " + place.at("type");
  for (const auto& [slot, words] : kSlots) {
    if (!place.at(slot).empty()) text += fmt::format(" | {} : {}", slot, place.at(slot));
  }
  return text;
}

std::string article(const std::string& word) {
  return (std::string_view("aeiou").find(word[0]) != std::string_view::npos ? "an " : "a ") + word;
}

/// "in the old town near North Station", or what of it is known.
std::string whereabouts(const Place& place, Rng& rng) {
  const std::string &area = place.at("area"), &near = place.at("near");
  std::string text;
  if (!area.empty()) text += " in the " + area;
  if (!near.empty()) text += pick({" near ", " close to ", " next to "}, rng) + "the " + near;
  return text;
}

std::string opening(const Place& place, Rng& rng) {
  const std::string &name = place.at("name"), &food = place.at("food"), &type = place.at("type");
  const std::string kind = article(food.empty() ? type : food + " " + type);
  const std::string where = whereabouts(place, rng);
  switch (rng.below(3)) {
    case 0:
      return "The " + name + " is " + kind + where + " .";
    case 1:
      return "There is " + kind + " called The " + name + where + " .";
    default:
      return where.empty() ? "Try The " + name + " , " + kind + " ."
                           : "You will find The " + name + " , " + kind + " ," + where + " .";
  }
}

/// Sentences about price, rating and families, in random order.
std::string details(const Place& place, Rng& rng) {
  const std::string &price = place.at("price"), &rating = place.at("customer rating"),
                    &family = place.at("family friendly");
  std::vector<std::string> sentences;
  if (!price.empty()) {
    sentences.push_back(chance(0.5, rng) ? "Its prices are " + price + " ."
                                         : "Expect " + price + " prices .");
  }
  if (!rating.empty()) {
    sentences.push_back(chance(0.5, rng) ? "Guests rate it " + rating + " ."
                                         : "It has a rating of " + rating + " .");
  }
  if (family == "yes")
    sentences.push_back(pick({"Children are welcome .", "It suits families ."}, rng));
  if (family == "no")
    sentences.push_back(pick({"It is for adults only .", "It does not suit families ."}, rng));
  std::string text;
  for (const int64_t i : rng.permutation(static_cast<int64_t>(sentences.size())))
    text += " " + sentences[static_cast<size_t>(i)];
  return text;
}

std::vector<TextExample> draw_pairs(int64_t count, Rng& rng, Texts& seen) {
  std::vector<TextExample> examples;
  while (static_cast<int64_t>(examples.size()) < count) {
    const Place place = draw_place(rng);
    std::string context = meaning(place);
    if (!seen.insert(context).second) continue;
    std::string text = opening(place, rng);
    text += details(place, rng);
    examples.push_back({std::move(context), std::move(text), -1});
  }
  return examples;
}

}  // namespace

DemoSplits make_demo_pairs(const DemoOptions& options) {
  return draw_splits(options, "demo-pairs", draw_pairs);
}

std::string demo_pair_file(const std::vector<TextExample>& examples) {
  std::string file;
  for (const auto& example : examples) file += example.first + "||" + example.second + "\n";
  return file;
}

}  // namespace eida
