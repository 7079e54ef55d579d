//! The same with wide vectors.

use std::arch::x86_64::{
    __m128i, __m256i, _mm_loadl_epi64, _mm_loadu_si128, _mm256_cmpeq_epi8, _mm256_cvtepu8_epi32, _mm256_loadu_si256,
    _mm256_max_epu8, _mm256_movemask_epi8, _mm256_set1_epi8, _mm512_add_pd, _mm512_add_ps, _mm512_cmpge_epu8_mask,
    _mm512_cvtepu8_epi32, _mm512_i32gather_pd, _mm512_i32gather_ps, _mm512_loadu_pd, _mm512_loadu_ps,
    _mm512_loadu_si512, _mm512_mask_add_epi8, _mm512_mask_mov_epi8, _mm512_set1_epi8, _mm512_setzero_si512,
    _mm512_storeu_pd, _mm512_storeu_ps, _mm512_storeu_si512,
};

use super::{BLOCK, MOST_LEAVES, MaskNode, split};

#[target_feature(enable = "avx512f,avx512bw")]
pub(super) fn split_avx512(nodes: &[MaskNode], planes: &[u8], masks: &mut [u64]) {
    split(nodes, planes, masks, |bytes, least| {
        // SAFETY: 64 bytes are read from an array of 64; no alignment is asked for.
        let bytes = unsafe { _mm512_loadu_si512(bytes.as_ptr().cast()) };
        _mm512_cmpge_epu8_mask(bytes, _mm512_set1_epi8(least as i8))
    });
}

#[target_feature(enable = "avx512f,avx512bw")]
pub(super) fn number_avx512(masks: &[u64], leaves: &mut [u8; BLOCK]) {
    let mut all = _mm512_setzero_si512();
    for (leaf, mask) in masks.iter().enumerate() {
        all = _mm512_mask_mov_epi8(all, *mask, _mm512_set1_epi8(leaf as i8));
    }
    // SAFETY: 64 bytes are written to an array of 64; no alignment is asked for.
    unsafe { _mm512_storeu_si512(leaves.as_mut_ptr().cast(), all) };
}

#[target_feature(enable = "avx512f,avx512bw")]
pub(super) fn symmetric_avx512(levels: &[MaskNode], planes: &[u8], leaves: &mut [u8; BLOCK]) {
    let planes = planes.as_chunks::<BLOCK>().0;
    let mut all = _mm512_setzero_si512();
    for (bit, node) in levels.iter().enumerate() {
        let plane = &planes[usize::from(node.plane)];
        // SAFETY: 64 bytes are read from an array of 64; no alignment is asked for.
        let bytes = unsafe { _mm512_loadu_si512(plane.as_ptr().cast()) };
        let right = _mm512_cmpge_epu8_mask(bytes, _mm512_set1_epi8(node.right_from as i8));
        all = _mm512_mask_add_epi8(all, right, all, _mm512_set1_epi8((1_u8 << bit) as i8));
    }
    // SAFETY: 64 bytes are written to an array of 64; no alignment is asked for.
    unsafe { _mm512_storeu_si512(leaves.as_mut_ptr().cast(), all) };
}

#[target_feature(enable = "avx512f,avx512bw")]
pub(super) fn add_f32(table: &[f32], leaves: &[u8; BLOCK], sums: &mut [f32; BLOCK]) {
    assert!(table.len() >= MOST_LEAVES);
    for (leaves, sums) in leaves.as_chunks::<16>().0.iter().zip(sums.as_chunks_mut::<16>().0) {
        // SAFETY: 16 bytes are read from an array of 16; the bytes are indices below 256 into a table that was just seen to
        // have as many entries of 4 bytes; 16 floats are read from and written to an array of 16. Nothing has to be aligned.
        unsafe {
            let at = _mm512_cvtepu8_epi32(_mm_loadu_si128(leaves.as_ptr().cast::<__m128i>()));
            let found = _mm512_i32gather_ps::<4>(at, table.as_ptr());
            _mm512_storeu_ps(sums.as_mut_ptr(), _mm512_add_ps(_mm512_loadu_ps(sums.as_ptr()), found));
        }
    }
}

#[target_feature(enable = "avx512f,avx512bw,avx2")]
pub(super) fn add_f64(table: &[f64], leaves: &[u8; BLOCK], sums: &mut [f64; BLOCK]) {
    assert!(table.len() >= MOST_LEAVES);
    for (leaves, sums) in leaves.as_chunks::<8>().0.iter().zip(sums.as_chunks_mut::<8>().0) {
        // SAFETY: 8 bytes are read from an array of 8; the bytes are indices below 256 into a table that was just seen to
        // have as many entries of 8 bytes; 8 floats are read from and written to an array of 8. Nothing has to be aligned.
        unsafe {
            let at = _mm256_cvtepu8_epi32(_mm_loadl_epi64(leaves.as_ptr().cast::<__m128i>()));
            let found = _mm512_i32gather_pd::<8>(at, table.as_ptr());
            _mm512_storeu_pd(sums.as_mut_ptr(), _mm512_add_pd(_mm512_loadu_pd(sums.as_ptr()), found));
        }
    }
}

#[target_feature(enable = "avx2")]
pub(super) fn split_avx2(nodes: &[MaskNode], planes: &[u8], masks: &mut [u64]) {
    split(nodes, planes, masks, |bytes, least| {
        let [low, high] = bytes.as_chunks::<32>().0 else { unreachable!("64 bytes are two halves of 32") };
        u64::from(half_avx2(low, least)) | u64::from(half_avx2(high, least)) << 32
    });
}

#[target_feature(enable = "avx2")]
fn half_avx2(bytes: &[u8; 32], least: u8) -> u32 {
    // SAFETY: 32 bytes are read from an array of 32; no alignment is asked for.
    let bytes: __m256i = unsafe { _mm256_loadu_si256(bytes.as_ptr().cast()) };
    let least = _mm256_set1_epi8(least as i8);
    // The larger of both is the byte itself where it is not less.
    _mm256_movemask_epi8(_mm256_cmpeq_epi8(_mm256_max_epu8(bytes, least), bytes)) as u32
}
