#include "demo_phrases.h"

namespace eida {
namespace {

const Words kColours = {"Copper", "Silver", "Crimson", "Amber",  "Quiet",  "Merry",
                        "Old",    "Golden", "Paper",   "Winter", "Velvet", "Little"};
const Words kThings = {"Lantern", "Kettle",  "Anchor", "Orchard", "Harp",    "Windmill",
                       "Fox",     "Compass", "Barrel", "Ladder",  "Sparrow", "Bridge"};
const Words kTypes = {"tea house", "bakery", "bistro", "wine bar", "noodle bar", "diner"};
const Words kFoods = {"Greek", "Korean", "Mexican", "vegan", "Portuguese", "Thai"};
const Words kPrices = {"low", "moderate", "high"};
const Words kRatings = {"1 out of 5", "2 out of 5", "3 out of 5", "4 out of 5", "5 out of 5"};
const Words kAreas = {"old town", "harbour", "hill district", "market quarter"};
const Words kLandmarks = {"Clock Tower", "North Station", "Glass Museum", "Sailors Chapel",
                          "Botanic Hall"};

/// What is said of one place; empty: not said.
struct Place {
  std::string name, type, food, price, rating, area, family, near;
};

Place draw_place(Rng& rng) {
  const auto maybe = [&rng](const Words& words) {
    return chance(0.6, rng) ? pick(words, rng) : std::string();
  };
  Place place;
  place.name = join_words({pick(kColours, rng), pick(kThings, rng)});
  place.type = pick(kTypes, rng);
  place.food = maybe(kFoods);
  place.price = maybe(kPrices);
  place.rating = maybe(kRatings);
  place.area = maybe(kAreas);
  place.family = maybe({"yes", "no"});
  place.near = maybe(kLandmarks);
  return place;
}

std::string meaning(const Place& place) {
  std::string text = "name : " + place.name + " | Type : " + place.type;
  const auto add = [&text](std::string_view slot, const std::string& value) {
    if (!value.empty()) text += fmt::format(" | {} : {}", slot, value);
  };
  add("food", place.food);
  add("price", place.price);
  add("customer rating", place.rating);
  add("area", place.area);
  add("family friendly", place.family);
  add("near", place.near);
  return text;
}

std::string article(const std::string& word) {
  return (std::string_view("aeiou").find(word[0]) != std::string_view::npos ? "an " : "a ") + word;
}

/// "in the old town near North Station", or what of it is known.
std::string whereabouts(const Place& place, Rng& rng) {
  std::string text;
  if (!place.area.empty()) text += " in the " + place.area;
  if (!place.near.empty())
    text += pick({" near ", " close to ", " next to "}, rng) + "the " + place.near;
  return text;
}

std::string opening(const Place& place, Rng& rng) {
  const std::string kind = place.food.empty() ? place.type : place.food + " " + place.type;
  const std::string where = whereabouts(place, rng);
  switch (rng.below(3)) {
    case 0:
      return "The " + place.name + " is " + article(kind) + where + " .";
    case 1:
      return "There is " + article(kind) + " called The " + place.name + where + " .";
    default:
      return where.empty()
                 ? "Try The " + place.name + " , " + article(kind) + " ."
                 : "You will find The " + place.name + " , " + article(kind) + " ," + where + " .";
  }
}

/// Sentences about price, rating and families, in random order.
std::vector<std::string> details(const Place& place, Rng& rng) {
  std::vector<std::string> sentences;
  if (!place.price.empty()) {
    sentences.push_back(chance(0.5, rng) ? "Its prices are " + place.price + " ."
                                         : "Expect " + place.price + " prices .");
  }
  if (!place.rating.empty()) {
    sentences.push_back(chance(0.5, rng) ? "Guests rate it " + place.rating + " ."
                                         : "It has a rating of " + place.rating + " .");
  }
  if (place.family == "yes")
    sentences.push_back(pick({"Children are welcome .", "It suits families ."}, rng));
  if (place.family == "no")
    sentences.push_back(pick({"It is for adults only .", "It does not suit families ."}, rng));
  std::vector<std::string> ordered;
  for (const int64_t i : rng.permutation(static_cast<int64_t>(sentences.size()))) {
    ordered.push_back(sentences[static_cast<size_t>(i)]);
  }
  return ordered;
}

std::vector<TextExample> draw_pairs(int64_t count, Rng& rng, Texts& seen) {
  std::vector<TextExample> examples;
  while (static_cast<int64_t>(examples.size()) < count) {
    const Place place = draw_place(rng);
    std::string context = meaning(place);
    if (!seen.insert(context).second) continue;
    std::string text = opening(place, rng);
    for (const std::string& sentence : details(place, rng)) text += " " + sentence;
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
