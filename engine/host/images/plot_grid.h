// All cells of a plot as one picture: the first axis across, the second one down, the third one as grids below each
// other. Labels are the window's affair: the picture's recipe tells what each cell is.
#pragma once

#include <map>
#include <vector>

#include "engine/api/image.h"
#include "engine/io/images/image.h"

namespace diptych::host {

class PlotGrid {
 public:
  explicit PlotGrid(const api::PlotRequest& request);
  void add(const std::vector<int>& at, const Image8& picture);  // kept smaller where the whole would be too large
  bool empty() const { return cells_.empty(); }
  Image8 picture() const;  // what is missing stays white

 private:
  std::vector<int64_t> counts_;  // of columns, rows, pages
  std::map<std::vector<int>, Image8> cells_;
};

}  // namespace diptych::host
