#include "demo_phrases.h"

namespace eida {
namespace {

struct Domain {
  std::string_view item;
  Words aspects;
};

const std::vector<Domain> kDomains = {
    {"film", {"plot", "acting", "dialogue", "ending", "camera work", "music", "opening scene"}},
    {"novel", {"story", "prose", "first chapter", "heroine", "pacing", "final twist"}},
    {"cafe", {"coffee", "service", "seating", "lunch menu", "bread", "bill"}},
    {"phone", {"screen", "battery", "camera", "speaker", "keyboard", "charger"}},
    {"hotel", {"room", "breakfast", "staff", "bed", "view", "front desk"}},
    {"game", {"level design", "soundtrack", "tutorial", "combat", "puzzle work", "save system"}},
    {"concert", {"singer", "sound", "light show", "encore", "band", "venue"}},
};

/// Words of one polarity.
struct Lexicon {
  Words adjectives, verb_phrases, verbs, nouns;
};

const Lexicon kContent = {
    {"superb", "delightful", "convincing", "charming", "reliable", "graceful", "lively", "clever",
     "pleasing", "inspired", "polished", "warm", "memorable", "excellent"},
    {"won me over", "kept me smiling", "exceeded every hope", "made the price fair",
     "brightened the week", "deserved the applause"},
    {"enjoyed", "loved", "admired", "treasured", "praised"},
    {"a pleasure", "a small triumph", "a joy", "time well spent", "money well spent"}};
const Lexicon kDiscontent = {
    {"dull", "clumsy", "tiresome", "shallow", "careless", "tired", "uneven", "flimsy", "bland",
     "confusing", "lifeless", "tedious", "forgettable", "awful"},
    {"wore me out", "left me cold", "failed at every turn", "made me ask for a refund",
     "ruined the week", "tested my patience"},
    {"disliked", "hated", "regretted", "dreaded", "endured"},
    {"a disappointment", "a small disaster", "a chore", "a waste of time", "a waste of money"}};

const Lexicon& lexicon(bool positive) { return positive ? kContent : kDiscontent; }

const Words kIntensifiers = {"very", "quite", "truly", "rather", "remarkably", "simply"};
const Words kNegations = {"not", "never", "hardly", "by no means", "far from"};
const Words kTails = {"from start to finish", "as i had been told",
                      "once again",           "to be fair",
                      "on a rainy evening",   "for the second time this year",
                      "in my opinion",        "despite the long wait"};

std::string aspect(const Domain& domain, Rng& rng) { return "the " + pick(domain.aspects, rng); }

/// "the plot was very clever", or "the plot was not dull".
std::string adjective_clause(const Domain& domain, bool positive, Rng& rng) {
  const bool negated = chance(0.15, rng);
  std::string clause = aspect(domain, rng) + " was ";
  if (negated) clause += pick(kNegations, rng) + " ";
  if (!negated && chance(0.5, rng)) clause += pick(kIntensifiers, rng) + " ";
  return clause + pick(lexicon(positive != negated).adjectives, rng);
}

/// "i enjoyed the bread", or "i never regretted the bread".
std::string verb_clause(const Domain& domain, bool positive, Rng& rng) {
  const bool negated = chance(0.15, rng);
  return join_words({"i", negated ? "never" : "", pick(lexicon(positive != negated).verbs, rng),
                     aspect(domain, rng)});
}

std::string clause(const Domain& domain, bool positive, Rng& rng) {
  switch (rng.below(4)) {
    case 0:
      return join_words({aspect(domain, rng), pick(lexicon(positive).verb_phrases, rng)});
    case 1:
      return verb_clause(domain, positive, rng);
    case 2:
      return chance(0.5, rng)
                 ? join_words({aspect(domain, rng), "was", pick(lexicon(positive).nouns, rng)})
                 : adjective_clause(domain, positive, rng);
    default:
      return adjective_clause(domain, positive, rng);
  }
}

/// One clause, two of one mind, or two in contrast, where the main clause decides the label.
std::string sentence(bool positive, Rng& rng) {
  const Domain& domain = kDomains[rng.below(kDomains.size())];
  const std::string main = clause(domain, positive, rng);
  std::string text;
  switch (rng.below(12)) {
    case 0:
      text = join_words({"although", clause(domain, !positive, rng), ",", main});
      break;
    case 1:
      text = clause(domain, !positive, rng) + " , but " + main;
      break;
    case 2:
      text = main + " , even though " + clause(domain, !positive, rng);
      break;
    case 3:
    case 4:
      text = main + " and " + clause(domain, positive, rng);
      break;
    default:
      text = main;
  }
  if (chance(0.4, rng)) text = join_words({"with this", std::string(domain.item), ",", text});
  if (chance(0.4, rng)) text = join_words({text, pick(kTails, rng)});
  return text + " .";
}

/// Distinct sentences of one label.
std::vector<TextExample> draw_sentences(int64_t count, int64_t label, Rng& rng, Texts& seen) {
  std::vector<TextExample> examples;
  while (static_cast<int64_t>(examples.size()) < count) {
    std::string text = sentence(label == 1, rng);
    if (seen.insert(text).second) examples.push_back({std::move(text), "", label});
  }
  return examples;
}

/// Half of each label, in random order.
std::vector<TextExample> draw_split(int64_t count, Rng& rng, Texts& seen) {
  auto examples = draw_sentences(count / 2, 0, rng, seen);
  for (auto& example : draw_sentences(count / 2, 1, rng, seen))
    examples.push_back(std::move(example));
  std::vector<TextExample> shuffled;
  for (const int64_t i : rng.permutation(count))
    shuffled.push_back(std::move(examples[static_cast<size_t>(i)]));
  return shuffled;
}

}  // namespace

DemoSplits make_demo_reviews(const DemoOptions& options) {
  if (options.train % 2 != 0 || options.dev % 2 != 0) {
    throw ConfigError("demo reviews: {} and {} asked, wanted even numbers (labels are balanced)",
                      options.train, options.dev);
  }
  return draw_splits(options, "demo-reviews", draw_split);
}

std::string demo_review_file(const std::vector<TextExample>& examples) {
  std::string file = "sentence\tlabel\n";
  for (const auto& example : examples)
    file += fmt::format("{}\t{}\n", example.first, example.label);
  return file;
}

}  // namespace eida
