// 3 x 3 convolutions of stride 1 by Winograd's algorithm, in f32: where the work is cut, and in which cache its intermediate results lie.
//
// Few channels: a chunk of tiles goes through all three steps by itself, while its tiles are in the second-level cache; the transformed
// weights are shared. Many channels: the transformed weights, four times the size of the weights, are what does not fit; a chunk is a
// panel of the result and makes its weights, some in channels at a time; the transformed tiles are shared. The weight gradient sums over
// tiles: it has both sides' tiles ready and cuts the weights.
#include <stdatomic.h>

#include "Winograd.h"

#define SHARED_WEIGHTS ((size_t)3 << 20)  // bytes of transformed weights that chunks of tiles may share
#define CHUNK_TILES ((size_t)640 << 10)   // bytes of a chunk's own tiles
#define SHARED_TILES ((size_t)12 << 20)   // bytes of the tiles that chunks of weights may share
#define CHUNK_CHANNELS 64                 // in channels of a panel whose weights are ready at a time
#define SUM_CHANNELS 32                   // of a chunk of the weight gradient

typedef struct {
  const float *a, *b, *bias;
  float *out;
  bool turned;                       // the input gradient
  WinogradImages in, result;         // the two sides of the map; of the weight gradient, image and cotangent
  ptrdiff_t strips, chunk_strips;    // of all images; of a chunk
  ptrdiff_t first, last;             // the strips whose tiles are shared now
  WinogradTiles tiles, cotangents;   // shared
  float *weights;                    // shared
  ptrdiff_t weights_step;            // elements from a position to the next
  float *sums;                       // of the weight gradient, where tiles come in several portions
  bool is_first, is_last;            // of the portions
  atomic_int status;
} Winograd;

static ptrdiff_t least(ptrdiff_t a, ptrdiff_t b) { return a < b ? a : b; }
static ptrdiff_t pieces(ptrdiff_t n, ptrdiff_t piece) { return (n + piece - 1) / piece; }

static void *room(Winograd *w, size_t bytes) {
  void *room = faa_allocate(bytes);
  if (!room) atomic_store(&w->status, FaaWinogradNoMemory);
  return room;
}

static void note(Winograd *w, bool is_finite) {
  if (!is_finite) atomic_store(&w->status, FaaWinogradNotFinite);
}

// ---- Chunks of tiles ----------------------------------------------------------------------------------------

static void weights_chunk(void *context, ptrdiff_t panel) {
  Winograd *w = context;
  winograd_weights(w->b, w->result.channels, w->in.channels, w->turned, panel, 0, w->in.channels,
                   w->weights + panel * w->in.channels * PANEL, w->weights_step);
}

static void tiles_chunk(void *context, ptrdiff_t chunk) {
  Winograd *w = context;
  ptrdiff_t first = chunk * w->chunk_strips, last = least(first + w->chunk_strips, w->strips);
  ptrdiff_t tiles = (last - first) * w->in.tile_columns, panels = w->result.channels / PANEL;
  size_t in_bytes = winograd_tiles_bytes(w->in.channels, tiles), m_bytes = winograd_tiles_bytes(w->result.channels, tiles);
  size_t bytes = in_bytes + m_bytes + winograd_scratch_bytes(&w->in, w->chunk_strips);
  char *place = room(w, bytes);
  if (!place) return;
  WinogradTiles v = winograd_tiles((float *)place, w->in.channels, tiles);
  WinogradTiles m = winograd_tiles((float *)(place + in_bytes), w->result.channels, tiles);
  float *scratch = (float *)(place + in_bytes + m_bytes);
  for (ptrdiff_t b = 0; b < w->in.channels / BLOCK; b++)
    winograd_inputs(&w->in, w->a, first, last, b, scratch, v, 0);
  for (ptrdiff_t position = 0; position < POSITIONS; position++)
    for (ptrdiff_t p = 0; p < panels; p++)
      winograd_product(v, position, 0, tiles, 0, w->in.channels,
                       w->weights + position * w->weights_step + p * w->in.channels * PANEL, false, m,
                       p * (PANEL / BLOCK));
  bool is_finite = true;
  for (ptrdiff_t b = 0; b < w->result.channels / BLOCK; b++)
    is_finite &= winograd_results(&w->result, m, 0, b, first, last, b, w->bias, scratch, w->out);
  note(w, is_finite);
  faa_release(place, bytes);
}

static void by_tiles(Winograd *w) {
  w->weights_step = winograd_weights_step(w->in.channels * (w->result.channels / PANEL));
  size_t bytes = (size_t)(POSITIONS * w->weights_step) * sizeof(float);
  if (!(w->weights = room(w, bytes))) return;
  faa_parallel(w->result.channels / PANEL, weights_chunk, w);
  size_t strip = winograd_tiles_bytes(w->in.channels + w->result.channels, w->in.tile_columns);
  w->chunk_strips = strip > CHUNK_TILES ? 1 : (ptrdiff_t)(CHUNK_TILES / strip);
  faa_parallel(pieces(w->strips, w->chunk_strips), tiles_chunk, w);
  faa_release(w->weights, bytes);
}

// ---- Chunks of weights --------------------------------------------------------------------------------------

/// The tiles of one side in the current portion: a chunk is some strips of a block of channels.
static void transform_chunk(Winograd *w, ptrdiff_t chunk, const WinogradImages *images, const float *x, bool cotangent,
                            WinogradTiles to) {
  ptrdiff_t blocks = images->channels / BLOCK, first = w->first + chunk / blocks * w->chunk_strips;
  ptrdiff_t last = least(first + w->chunk_strips, w->last);
  size_t bytes = winograd_scratch_bytes(images, w->chunk_strips);
  float *scratch = room(w, bytes);
  if (!scratch) return;
  (cotangent ? winograd_cotangents : winograd_inputs)(images, x, first, last, chunk % blocks, scratch, to,
                                                      (first - w->first) * images->tile_columns);
  faa_release(scratch, bytes);
}

static void inputs_chunk(void *context, ptrdiff_t chunk) {
  Winograd *w = context;
  transform_chunk(w, chunk, &w->in, w->a, false, w->tiles);
}

static void panels_chunk(void *context, ptrdiff_t panel) {
  Winograd *w = context;
  ptrdiff_t channels = w->in.channels, columns = w->in.tile_columns, blocks = PANEL / BLOCK;
  ptrdiff_t step = winograd_weights_step(CHUNK_CHANNELS);
  size_t u_bytes = (size_t)(POSITIONS * step) * sizeof(float), strip = winograd_tiles_bytes(PANEL, columns);
  ptrdiff_t strips = strip > CHUNK_TILES ? 1 : least((ptrdiff_t)(CHUNK_TILES / strip), w->last - w->first);
  size_t m_bytes = winograd_tiles_bytes(PANEL, strips * columns);
  size_t bytes = u_bytes + m_bytes + winograd_scratch_bytes(&w->result, strips);
  char *place = room(w, bytes);
  if (!place) return;
  float *u = (float *)place, *scratch = (float *)(place + u_bytes + m_bytes);
  bool is_finite = true;
  for (ptrdiff_t first = w->first; first < w->last; first += strips) {
    ptrdiff_t last = least(first + strips, w->last), tiles = (last - first) * columns;
    WinogradTiles m = winograd_tiles((float *)(place + u_bytes), PANEL, tiles);
    for (ptrdiff_t c = 0; c < channels; c += CHUNK_CHANNELS) {
      ptrdiff_t count = least(CHUNK_CHANNELS, channels - c);
      winograd_weights(w->b, w->result.channels, channels, w->turned, panel, c, count, u, step);
      for (ptrdiff_t position = 0; position < POSITIONS; position++)
        winograd_product(w->tiles, position, (first - w->first) * columns, tiles, c, count, u + position * step, c > 0, m,
                         0);
    }
    for (ptrdiff_t b = 0; b < blocks; b++)
      is_finite &= winograd_results(&w->result, m, 0, b, first, last, panel * blocks + b, w->bias, scratch, w->out);
  }
  note(w, is_finite);
  faa_release(place, bytes);
}

/// Sets how many strips make a portion of at most SHARED_TILES, and a chunk of transforms.
static ptrdiff_t portion(Winograd *w, ptrdiff_t channels) {
  size_t strip = winograd_tiles_bytes(channels, w->in.tile_columns);
  ptrdiff_t strips = strip > SHARED_TILES ? 1 : least((ptrdiff_t)(SHARED_TILES / strip), w->strips);
  ptrdiff_t portions = pieces(w->strips, strips);
  w->chunk_strips = pieces(64, w->in.tile_columns);
  return pieces(w->strips, portions);
}

static void by_panels(Winograd *w) {
  ptrdiff_t strips = portion(w, w->in.channels), tiles = strips * w->in.tile_columns;
  size_t bytes = winograd_tiles_bytes(w->in.channels, tiles);
  float *place = room(w, bytes);
  if (!place) return;
  w->tiles = winograd_tiles(place, w->in.channels, tiles);
  for (w->first = 0; w->first < w->strips; w->first = w->last) {
    w->last = least(w->first + strips, w->strips);
    faa_parallel(pieces(w->last - w->first, w->chunk_strips) * (w->in.channels / BLOCK), inputs_chunk, w);
    faa_parallel(w->result.channels / PANEL, panels_chunk, w);
  }
  faa_release(place, bytes);
}

// ---- The weight gradient ------------------------------------------------------------------------------------

static void sides_chunk(void *context, ptrdiff_t chunk) {
  Winograd *w = context;
  ptrdiff_t inputs = pieces(w->last - w->first, w->chunk_strips) * (w->in.channels / BLOCK);
  if (chunk < inputs)
    transform_chunk(w, chunk, &w->in, w->b, false, w->tiles);
  else
    transform_chunk(w, chunk - inputs, &w->result, w->a, true, w->cotangents);
}

static void sums_chunk(void *context, ptrdiff_t chunk) {
  Winograd *w = context;
  ptrdiff_t parts = pieces(w->in.channels, SUM_CHANNELS), panel = chunk / parts, first = chunk % parts * SUM_CHANNELS;
  ptrdiff_t count = least(SUM_CHANNELS, w->in.channels - first), step = winograd_weights_step(SUM_CHANNELS);
  ptrdiff_t tiles = (w->last - w->first) * w->in.tile_columns;
  size_t bytes = (size_t)(POSITIONS * step) * sizeof(float);
  float *sums = w->sums ? w->sums + chunk * POSITIONS * step : room(w, bytes);
  if (!sums) return;
  for (ptrdiff_t position = 0; position < POSITIONS; position++)
    winograd_tile_sum(w->tiles, w->cotangents, position, tiles, first, count, panel, !w->is_first, sums + position * step);
  if (w->is_last) note(w, winograd_weight_gradient(sums, step, w->in.channels, panel, first, count, w->out));
  if (!w->sums) faa_release(sums, bytes);
}

static void weight_gradient(Winograd *w) {
  ptrdiff_t channels = w->in.channels + w->result.channels, strips = portion(w, channels);
  ptrdiff_t tiles = strips * w->in.tile_columns;
  ptrdiff_t chunks = w->result.channels / PANEL * pieces(w->in.channels, SUM_CHANNELS);
  size_t in_bytes = winograd_tiles_bytes(w->in.channels, tiles), bytes = in_bytes + winograd_tiles_bytes(w->result.channels, tiles);
  size_t sums_bytes = (size_t)(chunks * POSITIONS * winograd_weights_step(SUM_CHANNELS)) * sizeof(float);
  char *place = room(w, bytes);
  if (!place) return;
  if (strips == w->strips || (w->sums = room(w, sums_bytes))) {
    w->tiles = winograd_tiles((float *)place, w->in.channels, tiles);
    w->cotangents = winograd_tiles((float *)(place + in_bytes), w->result.channels, tiles);
    for (w->first = 0; w->first < w->strips; w->first = w->last) {
      w->last = least(w->first + strips, w->strips);
      w->is_first = w->first == 0;
      w->is_last = w->last == w->strips;
      faa_parallel(pieces(w->last - w->first, w->chunk_strips) * (channels / BLOCK), sides_chunk, w);
      faa_parallel(chunks, sums_chunk, w);
    }
    if (w->sums) faa_release(w->sums, sums_bytes);
  }
  faa_release(place, bytes);
}

// ---- The call -----------------------------------------------------------------------------------------------

bool faa_winograd_fits(const FaaConvolution *s) {
  return s->kernel_height == 3 && s->kernel_width == 3 && s->stride_rows == 1 && s->stride_columns == 1 &&
         s->dilation_rows == 1 && s->dilation_columns == 1 && s->groups == 1 && s->in_channels % PANEL == 0 &&
         s->out_channels % PANEL == 0 && s->pad_top <= HALO && s->pad_left <= HALO && s->pad_bottom <= HALO &&
         s->pad_right <= HALO;
}

FaaWinogradStatus faa_winograd(FaaConvolutionMap map, const FaaConvolution *s, const float *a, const float *b,
                               const float *bias, float *out) {
  Winograd w = {.a = a, .b = b, .bias = bias, .out = out, .turned = map == FaaInputGradient};
  atomic_init(&w.status, FaaWinogradDone);
  WinogradImages image = {.channels = s->in_channels, .height = s->height, .width = s->width};
  WinogradImages result = {.channels = s->out_channels, .height = s->out_height, .width = s->out_width};
  w.in = w.turned ? result : image;
  w.result = w.turned ? image : result;
  // The input gradient correlates cotangents with the kernels turned round, so what was cut off is padded and the other way about.
  w.in.top = w.turned ? HALO - s->pad_top : s->pad_top;
  w.in.left = w.turned ? HALO - s->pad_left : s->pad_left;
  w.in.tile_rows = w.result.tile_rows = pieces(w.result.height, TILE);
  w.in.tile_columns = w.result.tile_columns = pieces(w.result.width, TILE);
  w.strips = s->batch * w.in.tile_rows;
  size_t weights = (size_t)(POSITIONS * s->in_channels * s->out_channels) * sizeof(float);
  if (map == FaaWeightGradient)
    weight_gradient(&w);
  else if (weights <= SHARED_WEIGHTS)
    by_tiles(&w);
  else
    by_panels(&w);
  return (FaaWinogradStatus)atomic_load(&w.status);
}
