/// METEOR 1.5 for English, with its paraphrase table.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "eida/metrics/bleu_nist.h"
#include "eida/metrics/statistics.h"

namespace eida {

/// METEOR's synonyms, function words and paraphrases: a mapped index file of some 45 MB.
class MeteorData;

/// Opens the index, and makes it first where it is missing, of an older version, or of other data;
/// that takes some seconds and is logged. \param folder holds the index, or the files it is made
/// from (meteor-1.5.jar and data/paraphrase-en.gz of the PyPI package pycocoevalcap), or will hold
/// the index made from installed ones. Empty: the environment variable EIDA_METEOR_DATA, else the
/// installed folder: share/eida/meteor, else pycocoevalcap/meteor of the Python environment
/// (core/installation.h); its index is in the user's cache where that folder is read-only.
/// \throws DataError nothing there, damaged files, or no folder for the index; names the remedy.
std::shared_ptr<const MeteorData> open_meteor_data(const std::filesystem::path& folder = {});

/// Makes the index of a folder with meteor-1.5.jar and data/paraphrase-en.gz.
/// \throws DataError missing or damaged file, index not writable
void convert_meteor_data(const std::filesystem::path& folder, const std::filesystem::path& index);

/// 23 counts of each item with its best reference (the first on ties); the chunk of an item that is
/// matched as a whole in one piece is left out, as METEOR's own sum leaves it out.
/// \param references,predictions output of ptb_text(). \param paraphrases whether the paraphrase
/// matcher takes part.
ItemStatistics meteor_statistics(const References& references,
                                 const std::vector<std::string>& predictions,
                                 const MeteorData& data, bool paraphrases);

}  // namespace eida
