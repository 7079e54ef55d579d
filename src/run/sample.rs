//! `cocal sample`: from what one pass over the map gave to a sample with its key.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use super::draw_sample::{Drawing, GroundKey, Kind, Seen, kind_of};
use super::sample_zones::{NOWHERE, Zone, Zoning, lattice_origin, municipality_of};
use super::tally::TallyError;
use crate::accuracy::allocation::{
    Allocation, AllocationError, Planned, allocate, default_minimum, expected_error, sample_size,
};
use crate::accuracy::draw::{Candidate, Reservoir, priority, unit_id};
use crate::accuracy::drawn::{DrawnGround, DrawnStratum, DrawnUnit, Sample};
use crate::area::{UNOBSERVED, Zones};
use crate::io::class_mosaic::ClassMosaic;
use crate::io::crs::Transform;
use crate::io::project_grounds::project_grounds;
use crate::scene::{Crs, Window};

/// A sample that cannot be drawn.
#[derive(Debug, thiserror::Error)]
pub enum SampleFailure {
    /// The map cannot be read.
    #[error(transparent)]
    Tally(#[from] TallyError),
    /// So many units cannot be dealt.
    #[error(transparent)]
    Allocation(#[from] AllocationError),
    /// Nothing to draw from.
    #[error(
        "{path}: no pixel is observed (inside the municipalities, where they are given); there is nothing to sample"
    )]
    Nothing {
        /// The first raster.
        path: PathBuf,
    },
    /// An expected accuracy of a stratum that is not there.
    #[error("--expected {name}: no stratum or class is called so; there are: {present}")]
    NoSuchStratum {
        /// The name.
        name: String,
        /// The strata's.
        present: String,
    },
    /// Values that are neither 0 nor 1 and have no names.
    #[error(
        "{path}: its classes have no names and are not 0 and 1 alone (found: {found}); say which is coca: --class VALUE"
    )]
    WhichIsCoca {
        /// The raster.
        path: PathBuf,
        /// The values.
        found: String,
    },
}

/// How many units and how they are dealt.
#[derive(Clone, Debug)]
pub struct Request {
    /// Units; `None`: as many as `target_se` needs.
    pub n: Option<u64>,
    /// Standard error of overall accuracy to reach.
    pub target_se: f64,
    /// How they are dealt.
    pub allocation: Allocation,
    /// Units of every stratum at least; `None`: the default.
    pub minimum: Option<u64>,
    /// User's accuracies that are expected, by name of class or stratum.
    pub expected: BTreeMap<String, f64>,
    /// Whether names or the user say which class is coca; otherwise it is 1, in a mask of 0 and 1.
    pub class_is_told: bool,
    /// Names of class values.
    pub names: BTreeMap<u8, String>,
}

/// Share of a stratum expected to be mapped right, where nothing else is said: coca, the buffer around it, the rest.
pub const EXPECTED: [f64; 3] = [0.70, 0.85, 0.95];
/// Name of the buffer stratum.
pub const BUFFER: &str = "buffer";

/// A stratum while it is put together.
struct Part {
    kinds: Vec<Kind>,
    name: String,
    zone: Zone,
    expected: f64,
    units: u64,
    area_ha: f64,
}

/// Deals the sample and names its units.
///
/// # Errors
/// [`SampleFailure`].
pub fn make_sample(
    mosaics: &[ClassMosaic],
    drawing: &Drawing<'_>,
    seen: &Seen,
    request: &Request,
) -> Result<Sample, SampleFailure> {
    let path = || mosaics.first().and_then(|m| m.rasters().next()).map(|r| r.path.clone()).unwrap_or_default();
    check_buffer(drawing, seen, request, path())?;
    let mut notes = ground_notes(seen);
    let mut parts = parts(drawing, seen, request);
    if parts.is_empty() {
        return Err(SampleFailure::Nothing { path: path() });
    }
    check_expected(request, &parts)?;
    merge_tiny(&mut parts, &mut notes);
    let total: f64 = parts.iter().map(|p| p.area_ha).sum();
    let planned: Vec<Planned> =
        parts.iter().map(|p| Planned { weight: p.area_ha / total, expected: p.expected, units: p.units }).collect();
    let n = request.n.unwrap_or_else(|| {
        let n = sample_size(&planned, request.target_se);
        notes.push(format!("a standard error of {} of overall accuracy needs {n} units", request.target_se));
        n.max(2 * planned.len() as u64)
    });
    let minimum = request.minimum.unwrap_or_else(|| default_minimum(n, planned.len() as u64));
    let allocated = allocate(&planned, n, request.allocation, minimum)?;
    notes.extend(raised_note(&planned, &allocated, request.allocation, minimum));
    let places = Places::new(mosaics, drawing, request)?;
    let mut units = Vec::new();
    for (part, n) in parts.iter().zip(&allocated) {
        let mut all = Reservoir::new(drawing.most);
        part.kinds.iter().filter_map(|kind| seen.reservoirs.get(kind)).for_each(|own| all.merge(own));
        for candidate in all.drawn(*n as usize) {
            units.push(places.unit(&candidate, &part.name)?);
        }
    }
    let strata = parts.iter().zip(&planned).zip(&allocated).map(|((part, planned), n)| DrawnStratum {
        stratum: part.name.clone(),
        area_ha: part.area_ha,
        weight: planned.weight,
        units: part.units,
        expected_accuracy: part.expected,
        n: *n,
    });
    Ok(Sample {
        strata: strata.collect(),
        grounds: grounds(drawing, seen, &parts, &places),
        units,
        expected_se: expected_error(&planned, &allocated),
        notes,
    })
}

fn observed(seen: &Seen) -> impl Iterator<Item = (&GroundKey, &(u64, f64))> {
    seen.grounds.iter().filter(|(key, (units, _))| key.class != UNOBSERVED && !key.zone.is_out() && *units > 0)
}

/// Whether it is known which class is coca: by name, or since there are 0 and 1 alone.
fn coca_is_known(seen: &Seen, request: &Request) -> bool {
    request.class_is_told || observed(seen).all(|(key, _)| key.class <= 1)
}

fn check_buffer(drawing: &Drawing<'_>, seen: &Seen, request: &Request, path: PathBuf) -> Result<(), SampleFailure> {
    if drawing.buffer == 0 || coca_is_known(seen, request) {
        return Ok(());
    }
    let found: BTreeSet<u8> = observed(seen).map(|(key, _)| key.class).collect();
    let found = found.iter().map(u8::to_string).collect::<Vec<_>>().join(", ");
    Err(SampleFailure::WhichIsCoca { path, found })
}

fn check_expected(request: &Request, parts: &[Part]) -> Result<(), SampleFailure> {
    let known = |name: &String| parts.iter().any(|p| p.name == *name) || request.names.values().any(|n| n == name);
    match request.expected.keys().find(|name| !known(name)) {
        Some(name) => Err(SampleFailure::NoSuchStratum {
            name: name.clone(),
            present: parts.iter().map(|p| p.name.as_str()).collect::<Vec<_>>().join(", "),
        }),
        None => Ok(()),
    }
}

/// What was left out of the population.
fn ground_notes(seen: &Seen) -> Vec<String> {
    let sum = |of: &dyn Fn(&GroundKey) -> bool| -> f64 {
        seen.grounds.iter().filter(|(key, _)| of(key)).map(|(_, (_, area))| area).sum()
    };
    let unobserved = sum(&|key| key.class == UNOBSERVED && !key.zone.is_out());
    let excluded = sum(&|key| key.class != UNOBSERVED && key.zone == Zone::Excluded);
    let outside = sum(&|key| key.zone == Zone::Outside);
    let mut notes = Vec::new();
    if unobserved >= 0.05 {
        notes.push(format!(
            "{unobserved:.1} ha are unobserved and not sampled: figures of this sample are of the observed ground"
        ));
    }
    if excluded >= 0.05 {
        notes.push(format!(
            "{excluded:.1} ha touch excluded ground and are not sampled: figures of this sample are of the rest"
        ));
    }
    if outside >= 0.05 {
        notes.push(format!("{outside:.1} ha of the map lie in no municipality and are not sampled"));
    }
    notes
}

fn parts(drawing: &Drawing<'_>, seen: &Seen, request: &Request) -> Vec<Part> {
    let mut found: BTreeMap<Kind, (u64, f64)> = BTreeMap::new();
    for (key, (units, area)) in observed(seen) {
        let sum = found.entry(kind_of(drawing, *key)).or_default();
        sum.0 += units;
        sum.1 += area;
    }
    let coca_is_known = coca_is_known(seen, request);
    let part = |(kind, (units, area_ha)): (Kind, (u64, f64))| {
        let class = match kind.class {
            Some(class) => class_name(&request.names, class),
            None if drawing.simple => "all".to_owned(),
            None => BUFFER.to_owned(),
        };
        let name = match zone_name(drawing, kind.zone) {
            Some(zone) => format!("{zone} {class}"),
            None => class.clone(),
        };
        let usual = match kind.class {
            Some(class) if coca_is_known && drawing.targets.contains(&class) => EXPECTED[0],
            None if !drawing.simple => EXPECTED[1],
            _ => EXPECTED[2],
        };
        let expected = request.expected.get(&name).or_else(|| request.expected.get(&class)).copied().unwrap_or(usual);
        Part { kinds: vec![kind], name, zone: kind.zone, expected, units, area_ha }
    };
    found.into_iter().map(part).collect()
}

/// A stratum of a single pixel has no error: it joins the largest of its zone, or of all.
fn merge_tiny(parts: &mut Vec<Part>, notes: &mut Vec<String>) {
    while parts.len() > 1 {
        let Some(tiny) = parts.iter().position(|p| p.units < 2) else { return };
        let part = parts.remove(tiny);
        let same_zone = parts.iter().any(|p| p.zone == part.zone);
        let fits = |p: &&mut Part| !same_zone || p.zone == part.zone;
        let Some(into) = parts.iter_mut().filter(fits).max_by_key(|p| p.units) else { return };
        notes.push(format!("stratum '{}' has a single pixel and was joined to '{}'", part.name, into.name));
        into.kinds.extend(part.kinds);
        into.units += part.units;
        into.area_ha += part.area_ha;
    }
}

fn raised_note(planned: &[Planned], allocated: &[u64], allocation: Allocation, minimum: u64) -> Option<String> {
    let raised = planned.iter().zip(allocated).filter(|(p, n)| **n == minimum.min(p.units)).count();
    (allocation != Allocation::Equal && raised > 0).then(|| {
        format!("{raised} strata have the minimum of {minimum} units (or all of their pixels); --minimum changes it")
    })
}

fn class_name(names: &BTreeMap<u8, String>, class: u8) -> String {
    names.get(&class).cloned().unwrap_or_else(|| class.to_string())
}

fn zone_name(drawing: &Drawing<'_>, zone: Zone) -> Option<String> {
    match (zone, &drawing.zoning) {
        (Zone::Municipality(number), Zoning::Municipalities(layer)) => {
            layer.municipalities.get(number as usize).map(|m| m.code.to_string())
        }
        (Zone::Cell(row, col), _) => Some(format!("r{row}c{col}")),
        _ => None,
    }
}

/// Ground by stratum, class and municipality, in the order of strata.
fn grounds(drawing: &Drawing<'_>, seen: &Seen, parts: &[Part], places: &Places<'_>) -> Vec<DrawnGround> {
    let mut found: BTreeMap<(usize, Zone, u8), (u64, f64)> = BTreeMap::new();
    for (key, (units, area)) in observed(seen) {
        let kind = kind_of(drawing, *key);
        let Some(part) = parts.iter().position(|p| p.kinds.contains(&kind)) else { continue };
        let zone = if matches!(key.zone, Zone::Municipality(_)) { key.zone } else { Zone::Whole };
        let sum = found.entry((part, zone, key.class)).or_default();
        sum.0 += units;
        sum.1 += area;
    }
    let ground = |((part, zone, class), (units, area_ha)): ((usize, Zone, u8), (u64, f64))| DrawnGround {
        stratum: parts[part].name.clone(),
        map: class_name(places.names, class),
        municipality: zone_name(drawing, zone).unwrap_or_default(),
        area_ha,
        units,
    };
    found.into_iter().map(ground).collect()
}

/// Where units lie.
struct Places<'a> {
    mosaics: &'a [ClassMosaic],
    drawing: &'a Drawing<'a>,
    names: &'a BTreeMap<u8, String>,
    ways: Vec<Transform>,
    zones: Vec<Option<Zones>>,
}

impl<'a> Places<'a> {
    fn new(mosaics: &'a [ClassMosaic], drawing: &'a Drawing<'a>, request: &'a Request) -> Result<Self, TallyError> {
        let mut ways = Vec::new();
        let mut zones = Vec::new();
        for mosaic in mosaics {
            let path = || mosaic.rasters().next().map(|r| r.path.clone()).unwrap_or_default();
            let way = Transform::new(&mosaic.grid.crs, &Crs::wgs84());
            ways.push(way.map_err(|source| TallyError::Transform { path: path(), source })?);
            zones.push(match &drawing.zoning {
                Zoning::Municipalities(layer) => {
                    Some(Zones::new(&mosaic.grid, &project_grounds(layer, &mosaic.grid.crs)?))
                }
                _ => None,
            });
        }
        Ok(Self { mosaics, drawing, names: &request.names, ways, zones })
    }

    fn unit(&self, candidate: &Candidate, stratum: &str) -> Result<DrawnUnit, TallyError> {
        let number = candidate.grid as usize;
        let mosaic = &self.mosaics[number];
        let (row, col) = candidate.at;
        let (x, y) = mosaic.grid.xy(f64::from(col) + 0.5, f64::from(row) + 0.5);
        let (mut lon, mut lat) = ([x], [y]);
        let path = || mosaic.rasters().next().map(|r| r.path.clone()).unwrap_or_default();
        self.ways[number].apply(&mut lon, &mut lat).map_err(|source| TallyError::Transform { path: path(), source })?;
        let municipality = self.zones[number].as_ref().and_then(|zones| {
            let pixel = Window { row0: row as usize, col0: col as usize, rows: 1, cols: 1 };
            let number = municipality_of(zones, &pixel)[[0, 0]];
            (number != NOWHERE).then(|| zone_name(self.drawing, Zone::Municipality(number)))?
        });
        let (row0, col0) = lattice_origin(&mosaic.grid);
        let at = (row0 + i64::from(row), col0 + i64::from(col));
        let lattice = u64::from(mosaic.grid.crs.epsg.unwrap_or(0)) ^ mosaic.grid.pixel_width.to_bits();
        Ok(DrawnUnit {
            id: unit_id(at.0, at.1, lattice),
            stratum: stratum.to_owned(),
            map: class_name(self.names, candidate.class),
            municipality: municipality.unwrap_or_default(),
            lon: lon[0],
            lat: lat[0],
            row,
            col,
            order: priority(self.drawing.seed ^ 0x5eed, at.0, at.1),
        })
    }
}
