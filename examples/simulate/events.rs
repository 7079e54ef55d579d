//! What fictional crews wrote down, one event at a time: `eradication_events.geojson`, with the truth beside it.
//!
//! Nothing is drawn at random here: the file follows from the ground, so that the other files of the sample stay as they are.

use cocal::io::crs::CrsError;
use geo::{GeodesicArea, Polygon};
use geojson::{Feature, GeometryValue, JsonObject, Position};
use jiff::ToSpan;
use jiff::civil::Date;

use crate::landscape::{Bounds, Cover, Day, Neighbourhood};
use crate::lots::{Lot, Method};
use crate::noise::{hash, unit};
use crate::records::Place;
use crate::territory::Ground;
use crate::write::{collection, positions};

/// The year of most events: the masks of the sample are of the 31 December before and after it.
const YEAR: i32 = 2024;

/// One record before it is written.
struct Record {
    code: String,
    date: String,
    method: &'static str,
    crop: &'static str,
    quantity: f64,
    unit: &'static str,
    geometry: Option<GeometryValue>,
    truth: &'static str,
}

/// The events of the ground inside the imagery.
pub fn events(near: &Neighbourhood, grounds: &[Ground], imagery: Bounds, place: &Place) -> Result<String, CrsError> {
    let lots: Vec<(&Lot, &str)> = near.lots.lots.iter().filter_map(|l| Some((l, home(l, grounds, imagery)?))).collect();
    let mut records = eradicated(&lots, place)?;
    records.extend(not_eradicated(&lots, place)?);
    records.extend(elsewhere(near, grounds, imagery, place)?);
    records.extend(unusable(&lots, place)?);
    let features: Vec<Feature> = records.into_iter().enumerate().map(|(k, record)| feature(k + 1, record)).collect();
    Ok(collection(&features))
}

/// Lots that were eradicated, the first of them reported again by others forty days later.
fn eradicated(lots: &[(&Lot, &str)], place: &Place) -> Result<Vec<Record>, CrsError> {
    let mut records = Vec::new();
    for (lot, code) in lots {
        let Some((when, method)) = lot.eradicated.filter(|(when, _)| (YEAR - 1..=YEAR).contains(&when.year)) else {
            continue;
        };
        let truth = if when.year == YEAR { "confirmed" } else { "unobserved" };
        let forced = unit(hash(lot.seed, 1, 9)) < 0.6;
        let method = match method {
            Method::Spraying => "aspersión aérea",
            Method::Manual if forced => "erradicación manual forzosa",
            Method::Manual => "erradicación manual",
        };
        // Reported is up to a quarter more than there was.
        let reported = hectares(lot.corners(), place)? * (1.0 + 0.25 * unit(hash(lot.seed, 2, 9)));
        let number = records.len();
        let date = date(when);
        let in_square_metres = number == 1;
        records.push(Record {
            code: (*code).to_owned(),
            date: if number == 2 { date.strftime("%d/%m/%Y").to_string() } else { date.to_string() },
            method,
            crop: "COCA",
            quantity: if in_square_metres { (reported * 1e4).round() } else { (reported * 100.0).round() / 100.0 },
            unit: if in_square_metres { "m2" } else { "ha" },
            geometry: Some(polygon(lot.corners(), place)?),
            truth,
        });
        if truth == "confirmed" && !records.iter().any(|r| r.method == VOLUNTARY) {
            records.push(Record {
                code: (*code).to_owned(),
                date: date.saturating_add(40.days()).to_string(),
                method: VOLUNTARY,
                crop: "COCA",
                quantity: (reported * 60.0).round() / 100.0,
                unit: "ha",
                geometry: Some(point(lot.centre(), place)?),
                truth,
            });
        }
    }
    Ok(records)
}

const VOLUNTARY: &str = "sustitución voluntaria";

/// Lots that stood all the time, reported as eradicated.
fn not_eradicated(lots: &[(&Lot, &str)], place: &Place) -> Result<Vec<Record>, CrsError> {
    let stood = |lot: &Lot| {
        [YEAR - 1, YEAR].iter().all(|year| lot.cover(Day::cutoff(*year)) == Cover::Coca) && !lot.is_young(YEAR - 1)
    };
    let chosen = lots.iter().filter(|(lot, _)| stood(lot) && unit(hash(lot.seed, 3, 9)) < 0.5).take(4);
    let record = |(k, (lot, code)): (i64, &(&Lot, &str))| {
        Ok(Record {
            code: (*code).to_owned(),
            date: format!("{YEAR}-0{}-15", 2 + k),
            method: "erradicación manual forzosa",
            crop: "COCA",
            quantity: (hectares(lot.corners(), place)? * 100.0).round() / 100.0,
            unit: "ha",
            geometry: Some(polygon(lot.corners(), place)?),
            truth: "not_confirmed",
        })
    };
    (0..).zip(chosen).map(record).collect()
}

/// Points where there was no coca within 150 m.
fn elsewhere(
    near: &Neighbourhood,
    grounds: &[Ground],
    imagery: Bounds,
    place: &Place,
) -> Result<Vec<Record>, CrsError> {
    let lattice =
        (0..40).flat_map(|j| (0..40).map(move |i| [f64::from(i) * 157.0 + 180.0, -180.0 - f64::from(j) * 61.0]));
    let bare = |p: &[f64; 2]| {
        let steps = (-5..=5).flat_map(|j| (-5..=5).map(move |i| [f64::from(i) * 30.0, f64::from(j) * 30.0]));
        let mut around = steps.map(|[dx, dy]| near.object_at(p[0] + dx, p[1] + dy));
        imagery.grown(-160.0).holds(p[0], p[1])
            && around.all(|object| [YEAR - 1, YEAR].iter().all(|y| near.cover(object, Day::cutoff(*y)) != Cover::Coca))
    };
    let found = lattice.filter(bare).filter_map(|p| Some((p, holder(&p, grounds)?))).step_by(9).take(3);
    let record = |(p, code): ([f64; 2], &str)| {
        Ok(Record {
            code: code.to_owned(),
            date: format!("{YEAR}-06-20T00:00:00"),
            method: "erradicación manual",
            crop: "COCA",
            quantity: 1.2,
            unit: "ha",
            geometry: Some(point(p, place)?),
            truth: "nothing_seen",
        })
    };
    found.map(record).collect()
}

/// Rows that cannot be used: in plants, of another crop, without a place.
fn unusable(lots: &[(&Lot, &str)], place: &Place) -> Result<Vec<Record>, CrsError> {
    let Some((lot, code)) = lots.first() else { return Ok(Vec::new()) };
    let record = |crop, quantity, unit, geometry| Record {
        code: (*code).to_owned(),
        date: format!("{YEAR}-04-02"),
        method: "erradicación manual",
        crop,
        quantity,
        unit,
        geometry,
        truth: "unusable",
    };
    Ok(vec![
        record("COCA", 14_000.0, "plantas", Some(point(lot.centre(), place)?)),
        record("AMAPOLA", 0.3, "ha", Some(point(lot.centre(), place)?)),
        record("COCA", 2.5, "ha", None),
    ])
}

/// The municipality that holds all corners of a lot that lies in the imagery.
fn home<'a>(lot: &Lot, grounds: &'a [Ground], imagery: Bounds) -> Option<&'a str> {
    let mut codes = lot.corners().iter().map(|p| holder(p, grounds).filter(|_| imagery.holds(p[0], p[1])));
    let first = codes.next()??;
    codes.all(|code| code == Some(first)).then_some(first)
}

fn holder<'a>([x, y]: &[f64; 2], grounds: &'a [Ground]) -> Option<&'a str> {
    let inside = |ground: &&Ground| ground.crossings(*y).iter().filter(|at| *at < x).count() % 2 == 1;
    grounds.iter().find(inside).map(|ground| ground.code.as_str())
}

fn date(day: Day) -> Date {
    Date::constant(day.year as i16, 1, 1).saturating_add((day.of_year as i64 - 1).days())
}

fn hectares(ring: &[[f64; 2]], place: &Place) -> Result<f64, CrsError> {
    let ring = Polygon::new(place.lon_lat(ring)?.into(), vec![]);
    Ok(ring.geodesic_area_signed().abs() / 1e4)
}

fn polygon(ring: &[[f64; 2]], place: &Place) -> Result<GeometryValue, CrsError> {
    Ok(GeometryValue::Polygon { coordinates: vec![positions(place, ring)?] })
}

fn point(at: [f64; 2], place: &Place) -> Result<GeometryValue, CrsError> {
    let closed = positions(place, &[at])?;
    let coordinates = closed.into_iter().next().unwrap_or_else(|| Position::from(vec![0.0, 0.0]));
    Ok(GeometryValue::Point { coordinates })
}

fn feature(number: usize, record: Record) -> Feature {
    let mut properties = JsonObject::new();
    properties.insert("record_id".to_owned(), format!("S{number:02}").into());
    for (key, value) in [
        ("fecha", record.date.as_str()),
        ("codmpio", record.code.as_str()),
        ("metodo", record.method),
        ("cultivo", record.crop),
        ("unidad", record.unit),
        ("simulated_truth", record.truth),
    ] {
        properties.insert(key.to_owned(), value.into());
    }
    properties.insert("cantidad".to_owned(), record.quantity.into());
    Feature {
        geometry: record.geometry.map(geojson::Geometry::new),
        properties: Some(properties),
        ..Feature::default()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use cocal::io::dated_masks::open_masks;
    use cocal::io::read_events::read_event_file;
    use cocal::reconcile::Settings;
    use cocal::reconcile::event::read_events;
    use cocal::run::reconcile::reconcile;
    use cocal::run::threads::Threads;
    use cocal::scene::Window;

    use super::*;
    use crate::landscape::Landscape;
    use crate::render::bounds;
    use crate::{sample, territory};

    /// With the truth as masks every record is found to be what the simulator knows it to be.
    #[test]
    fn masks_of_the_truth_give_the_truth() {
        let folder = tempfile::tempdir().unwrap();
        let imagery = bounds(Window { row0: 0, col0: 0, rows: 256, cols: 640 });
        let near = Landscape::new(7).neighbourhood(imagery.grown(300.0));
        let text = events(&near, &territory::sample(7), imagery, &Place::new().unwrap()).unwrap();
        let path = folder.path().join("events.geojson");
        std::fs::write(&path, &text).unwrap();
        sample::write_truth_maps(&near, folder.path()).unwrap();
        let mask = |year: i16| (Date::constant(year, 12, 31), folder.path().join(format!("truth_{year}.tif")));
        let masks = open_masks(&[2023, 2024].map(mask), &[Cover::Coca as u8]).unwrap();
        let settings = Settings::default();
        let file = read_events(read_event_file(&path, None).unwrap(), &settings, &BTreeMap::new()).unwrap();
        let threads = Threads::start(Some(2)).unwrap();
        let found = reconcile(&threads, &file.events, &masks, &settings, Vec::new()).unwrap();
        let collection: serde_json::Value = serde_json::from_str(&text).unwrap();
        let features = collection["features"].as_array().unwrap();
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for (row, feature) in found.rows.iter().zip(features) {
            let truth = feature["properties"]["simulated_truth"].as_str().unwrap();
            assert_eq!(row.outcome.word(), truth, "{row:?}");
            *counts.entry(truth).or_default() += 1;
        }
        assert_eq!(found.rows.len(), features.len());
        for truth in ["confirmed", "not_confirmed", "nothing_seen", "unobserved", "unusable"] {
            assert!(counts.get(truth).is_some_and(|n| *n >= 2), "{counts:?}");
        }
        let twice: Vec<f64> = found.rows.iter().filter_map(|r| r.counted_twice_ha).map(|ha| ha.to_f64()).collect();
        assert_eq!(twice.iter().filter(|ha| **ha > 0.1).count(), 1, "one record of the pair: {twice:?}");
    }
}
