// Included before hwy/foreach_target.h: the targets that kernels are compiled for, and what all of them share.
//
// x86: SSE4, AVX2, AVX-512 (BW) and AVX-512 with VNNI. Arm: NEON. Scalable vectors have no fixed number of rows.
#pragma once

#define HWY_WANT_AVX3_DL 1
#define HWY_DISABLED_TARGETS (HWY_SSSE3 | HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128)

// Loops over registers must be unrolled whole, or the registers become memory.
#if defined(__clang__)
#define DIPTYCH_UNROLL _Pragma("unroll")
#else
#define DIPTYCH_UNROLL _Pragma("GCC unroll 32")
#endif
