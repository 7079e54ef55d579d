//! The same with wide vectors.

use std::arch::x86_64::{
    __m128i, __m512i, _mm_loadl_epi64, _mm_loadu_si128, _mm256_cvtepu8_epi32, _mm512_add_pd, _mm512_add_ps,
    _mm512_castsi512_ps, _mm512_cmpge_epu8_mask, _mm512_cvtepu8_epi32, _mm512_i32gather_pd, _mm512_i32gather_ps,
    _mm512_load_si512, _mm512_loadu_pd, _mm512_loadu_ps, _mm512_mask_add_epi8, _mm512_mask_mov_epi8,
    _mm512_permutexvar_epi8, _mm512_permutexvar_epi32, _mm512_set_epi32, _mm512_set1_epi8, _mm512_set1_epi32,
    _mm512_setzero_si512, _mm512_store_si512, _mm512_storeu_pd, _mm512_storeu_ps, _mm512_unpackhi_epi8,
    _mm512_unpackhi_epi16, _mm512_unpacklo_epi8, _mm512_unpacklo_epi16,
};

use super::{BLOCK, Blend, LINE, Line, MOST_LEAVES, MaskNode, PARTS};

#[inline]
#[target_feature(enable = "avx512f")]
fn load(line: &Line) -> __m512i {
    // SAFETY: a line is 64 bytes that begin at a multiple of 64.
    unsafe { _mm512_load_si512(std::ptr::from_ref(line).cast()) }
}

#[inline]
#[target_feature(enable = "avx512f")]
fn store(line: &mut Line, bytes: __m512i) {
    // SAFETY: as above.
    unsafe { _mm512_store_si512(std::ptr::from_mut(line).cast(), bytes) }
}

/// The lines of all nodes.
#[target_feature(enable = "avx512f,avx512bw")]
pub(super) fn blend(nodes: &[Blend], planes: &[Line], lines: &mut [Line]) {
    for node in nodes {
        let [plane, left, right, into] = [node.plane, node.left, node.right, node.into].map(usize::from);
        let from = _mm512_set1_epi32(node.right_from.cast_signed());
        let plane = &planes[plane..plane + PARTS];
        let (left, right) = (&lines[left..left + PARTS], &lines[right..right + PARTS]);
        let blended: [__m512i; PARTS] = std::array::from_fn(|part| {
            let goes_right = _mm512_cmpge_epu8_mask(load(&plane[part]), from);
            _mm512_mask_mov_epi8(load(&left[part]), goes_right, load(&right[part]))
        });
        let into = &mut lines[into..into + PARTS];
        for (line, bytes) in into.iter_mut().zip(blended) {
            store(line, bytes);
        }
    }
}

#[target_feature(enable = "avx512f,avx512bw")]
pub(super) fn symmetric(levels: &[MaskNode], planes: &[Line], leaves: &mut [Line; PARTS]) {
    let mut all = [_mm512_setzero_si512(); PARTS];
    for (bit, node) in levels.iter().enumerate() {
        let (from, one) = (_mm512_set1_epi8(node.right_from as i8), _mm512_set1_epi8((1_u8 << bit) as i8));
        for (all, plane) in all.iter_mut().zip(&planes[usize::from(node.plane) * PARTS..]) {
            let right = _mm512_cmpge_epu8_mask(load(plane), from);
            *all = _mm512_mask_add_epi8(*all, right, *all, one);
        }
    }
    for (line, bytes) in leaves.iter_mut().zip(all) {
        store(line, bytes);
    }
}

/// Adds the numbers of at most 64 leaves, whose bytes are looked up one by one.
#[target_feature(enable = "avx512f,avx512bw,avx512vbmi")]
pub(super) fn add_bytes(table: &[Line; 4], leaves: &[Line; PARTS], sums: &mut [f32; BLOCK]) {
    // Joining bytes leaves, in each 128 bits, four pixels' numbers for each of four vectors: here those that lie side by side.
    let order = _mm512_set_epi32(15, 11, 7, 3, 14, 10, 6, 2, 13, 9, 5, 1, 12, 8, 4, 0);
    let table = table.each_ref().map(|bytes| load(bytes));
    for (leaves, sums) in leaves.iter().zip(sums.as_chunks_mut::<LINE>().0) {
        let leaves = _mm512_permutexvar_epi32(order, load(leaves));
        let [a, b, c, d] = table.map(|bytes| _mm512_permutexvar_epi8(leaves, bytes));
        let (low, high) = (_mm512_unpacklo_epi8(a, b), _mm512_unpacklo_epi8(c, d));
        let (low_2, high_2) = (_mm512_unpackhi_epi8(a, b), _mm512_unpackhi_epi8(c, d));
        let numbers = [
            _mm512_unpacklo_epi16(low, high),
            _mm512_unpackhi_epi16(low, high),
            _mm512_unpacklo_epi16(low_2, high_2),
            _mm512_unpackhi_epi16(low_2, high_2),
        ];
        for (sums, numbers) in sums.as_chunks_mut::<16>().0.iter_mut().zip(numbers) {
            // SAFETY: 16 floats are read from and written to an array of 16. Nothing has to be aligned.
            unsafe {
                let sum = _mm512_add_ps(_mm512_loadu_ps(sums.as_ptr()), _mm512_castsi512_ps(numbers));
                _mm512_storeu_ps(sums.as_mut_ptr(), sum);
            }
        }
    }
}

#[target_feature(enable = "avx512f,avx512bw")]
pub(super) fn add_f32(table: &[f32], leaves: &[Line; PARTS], sums: &mut [f32; BLOCK]) {
    assert!(table.len() >= MOST_LEAVES);
    let leaves = leaves.iter().flat_map(|line| line.0.as_chunks::<16>().0);
    for (leaves, sums) in leaves.zip(sums.as_chunks_mut::<16>().0) {
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
pub(super) fn add_f64(table: &[f64], leaves: &[Line; PARTS], sums: &mut [f64; BLOCK]) {
    assert!(table.len() >= MOST_LEAVES);
    let leaves = leaves.iter().flat_map(|line| line.0.as_chunks::<8>().0);
    for (leaves, sums) in leaves.zip(sums.as_chunks_mut::<8>().0) {
        // SAFETY: 8 bytes are read from an array of 8; the bytes are indices below 256 into a table that was just seen to
        // have as many entries of 8 bytes; 8 floats are read from and written to an array of 8. Nothing has to be aligned.
        unsafe {
            let at = _mm256_cvtepu8_epi32(_mm_loadl_epi64(leaves.as_ptr().cast::<__m128i>()));
            let found = _mm512_i32gather_pd::<8>(at, table.as_ptr());
            _mm512_storeu_pd(sums.as_mut_ptr(), _mm512_add_pd(_mm512_loadu_pd(sums.as_ptr()), found));
        }
    }
}
