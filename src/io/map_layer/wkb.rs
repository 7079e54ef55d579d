//! Ground as well-known binary (OGC 06-103r4, section 8), little-endian.

use crate::io::rounded_ground::{Ring, RoundedGround};

const POLYGON: u32 = 3;
const MULTI_POLYGON: u32 = 6;

/// A polygon, or a multipolygon where there are several or `always_multi` asks for it; `None` of no ground.
pub(super) fn wkb(ground: &RoundedGround, always_multi: bool) -> Option<Vec<u8>> {
    let points: usize = ground.polygons.iter().flatten().map(Vec::len).sum();
    let mut out = Vec::with_capacity(16 * points + 64);
    match ground.polygons.as_slice() {
        [] => return None,
        [one] if !always_multi => polygon(&mut out, one),
        all => {
            head(&mut out, MULTI_POLYGON, all.len());
            all.iter().for_each(|rings| polygon(&mut out, rings));
        }
    }
    Some(out)
}

/// The name of what [`wkb`] makes, as GeoParquet spells it.
pub(super) fn kind(ground: &RoundedGround) -> Option<&'static str> {
    match ground.polygons.len() {
        0 => None,
        1 => Some("Polygon"),
        _ => Some("MultiPolygon"),
    }
}

fn head(out: &mut Vec<u8>, kind: u32, parts: usize) {
    out.push(1);
    out.extend(kind.to_le_bytes());
    out.extend((parts as u32).to_le_bytes());
}

fn polygon(out: &mut Vec<u8>, rings: &[Ring]) {
    head(out, POLYGON, rings.len());
    for ring in rings {
        out.extend((ring.len() as u32).to_le_bytes());
        ring.iter().flatten().for_each(|v| out.extend(v.to_le_bytes()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use geo::{MultiPolygon, polygon};

    #[test]
    fn gdal_reads_what_was_written() {
        let one = polygon![(x: -75.0, y: 1.0), (x: -74.0, y: 1.0), (x: -74.0, y: 2.0)];
        let ground = RoundedGround::new(&MultiPolygon::new(vec![one]));
        for (multi, text) in
            [(false, "POLYGON ((-75 1,-74 1,-74 2,-75 1))"), (true, "MULTIPOLYGON (((-75 1,-74 1,-74 2,-75 1)))")]
        {
            let geometry = gdal::vector::Geometry::from_wkb(&wkb(&ground, multi).unwrap()).unwrap();
            assert_eq!(geometry.wkt().unwrap(), text);
        }
        assert!(wkb(&RoundedGround::nowhere(), true).is_none());
    }
}
