#include <dlfcn.h>

#include <cstdint>

#include "CGnuplot.h"

namespace {

/// The part of fontconfig's interface that tells which characters the fonts here have. The library comes with gnuplot, so it is looked for
/// when it is needed and nothing is linked to it.
class Fonts {
public:
  Fonts() {
    void *library = dlopen("libfontconfig.so.1", RTLD_NOW | RTLD_LOCAL);
    if (!library) return;
    auto load = reinterpret_cast<void *(*)()>(dlsym(library, "FcInitLoadConfigAndFonts"));
    auto fonts = reinterpret_cast<Set *(*)(void *, int)>(dlsym(library, "FcConfigGetFonts"));
    charset_ = reinterpret_cast<int (*)(void *, const char *, int, void **)>(dlsym(library, "FcPatternGetCharSet"));
    has_ = reinterpret_cast<int (*)(const void *, uint32_t)>(dlsym(library, "FcCharSetHasChar"));
    if (!load || !fonts || !charset_ || !has_) return;
    constexpr int system = 0;
    if (void *configuration = load()) set_ = fonts(configuration, system);
  }

  /// Whether a font has it; true where nobody can tell.
  bool have(uint32_t character) const {
    if (!set_ || set_->count == 0) return true;
    for (int i = 0; i < set_->count; ++i) {
      void *characters = nullptr;
      if (charset_(set_->patterns[i], "charset", 0, &characters) == 0 && has_(characters, character)) return true;
    }
    return false;
  }

private:
  // FcFontSet of fontconfig.h, whose layout is part of the library's interface.
  struct Set {
    int count, room;
    void **patterns;
  };
  Set *set_ = nullptr;
  int (*charset_)(void *, const char *, int, void **) = nullptr;
  int (*has_)(const void *, uint32_t) = nullptr;
};

}  // namespace

bool faa_gnuplot_can_write(uint32_t character) {
  static const Fonts fonts;
  return fonts.have(character);
}
