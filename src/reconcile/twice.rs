//! Ground that is claimed again within a season, in hectares of the later record.
//!
//! A hectare of a record counts once, however many earlier records claimed it: what is measured is the part of the record's
//! footprint inside the union of the earlier ones. Records of one day are in the order of the file.

use geo::{Area, BooleanOps, Coord, MultiPolygon};
use jiff::civil::Date;
use rstar::primitives::{GeomWithData, Rectangle};
use rstar::{AABB, RTree};

use super::event::Event;
use super::footprint::{Footprint, circles};
use super::outcome::days_between;
use crate::area::EqualAreaPlane;

/// Nearer than this, metres, two centres are one.
const SAME_PLACE: f64 = 1e-6;
/// Shared ground of fewer hectares is the rounding of a border, not a claim: a square decimetre.
const LEAST_SHARED: f64 = 1e-6;

type Boxed = GeomWithData<Rectangle<[f64; 3]>, u32>;

/// The records of a file that can be used, found by place and day.
pub struct Claims<'a> {
    events: &'a [Event],
    tree: RTree<Boxed>,
}

/// What of a record was claimed before.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Twice {
    /// Hectares of its footprint.
    pub hectares: f64,
    /// Numbers of the earlier records that touch it, in the order of the file; where one covers all of it, of those that may.
    pub with: Vec<u32>,
}

impl<'a> Claims<'a> {
    /// The claims of a file.
    pub fn new(events: &'a [Event]) -> Self {
        let boxed = |(number, event): (usize, &Event)| {
            let (date, footprint) = event.usable()?;
            let (bounds, day) = (footprint.bounds()?, day_number(date));
            let corners = ([bounds.min().x, bounds.min().y, day], [bounds.max().x, bounds.max().y, day]);
            Some(Boxed::new(Rectangle::from_corners(corners.0, corners.1), number as u32))
        };
        let tree = RTree::bulk_load(events.iter().enumerate().filter_map(boxed).collect());
        Self { events, tree }
    }

    /// What of a record's footprint other records claimed at most so many days before it.
    pub fn twice(&self, number: usize, season_days: i32) -> Twice {
        let Some((date, footprint)) = self.events[number].usable() else { return Twice::default() };
        let Some(bounds) = footprint.bounds() else { return Twice::default() };
        let day = day_number(date);
        let first = [bounds.min().x, bounds.min().y, day - f64::from(season_days)];
        let near = self
            .tree
            .locate_in_envelope_intersecting(&AABB::from_corners(first, [bounds.max().x, bounds.max().y, day]));
        let earlier = |other: &u32| {
            let other_date = self.events[*other as usize].date;
            (other_date, *other as usize) < (Some(date), number)
        };
        let mut with: Vec<u32> = near.map(|boxed| boxed.data).filter(earlier).collect();
        if with.is_empty() {
            return Twice::default();
        }
        with.sort_unstable();
        let middle = bounds.center();
        let own = Own { footprint, middle, plane: EqualAreaPlane::around(middle.x, middle.y) };
        own.shared(self.events, with)
    }
}

/// What is left of a ground that others are taken from, one after the other.
///
/// The union of what the others have of it would be the same area, but those parts all share its outline, and a union of many
/// nearly coincident edges takes minutes and gigabytes for a few hundred records.
fn without<'a>(ground: &MultiPolygon<f64>, others: impl Iterator<Item = &'a MultiPolygon<f64>>) -> MultiPolygon<f64> {
    let mut left = ground.clone();
    for other in others {
        left = left.difference(other);
        if left.unsigned_area() / 1e4 <= LEAST_SHARED {
            break;
        }
    }
    left
}

/// A record's footprint in the plane around it.
struct Own<'a> {
    footprint: &'a Footprint,
    middle: Coord<f64>,
    plane: EqualAreaPlane,
}

/// How another footprint lies to it.
enum Lie {
    Apart,
    Covers,
    Unknown,
}

impl Own<'_> {
    fn shared(&self, events: &[Event], with: Vec<u32>) -> Twice {
        let lie_of = |number: &u32| {
            let other = events[*number as usize].footprint.as_ref()?;
            Some((*number, other, self.lie(other)))
        };
        let (mut touching, mut partly, mut covered) = (Vec::new(), Vec::new(), false);
        for (number, other, lie) in with.iter().filter_map(lie_of) {
            match lie {
                Lie::Apart => continue,
                Lie::Covers => covered = true,
                Lie::Unknown => partly.push((number, self.plane.project(&other.ground()))),
            }
            touching.push(number);
        }
        if covered {
            // Which of the others touch it at all is not worth the time: the one that covers it says enough.
            return Twice { hectares: self.footprint.hectares(), with: touching };
        }
        let ground = self.plane.project(&self.footprint.ground());
        let own_ha = |part: &MultiPolygon<f64>| part.unsigned_area() / 1e4;
        partly.retain(|(_, other)| own_ha(&ground.intersection(other)) > LEAST_SHARED);
        let hectares = match partly.as_slice() {
            [] => 0.0,
            [(_, other)] => own_ha(&ground.intersection(other)),
            several => own_ha(&ground) - own_ha(&without(&ground, several.iter().map(|(_, other)| other))),
        };
        Twice { hectares: hectares.max(0.0), with: partly.into_iter().map(|(number, _)| number).collect() }
    }

    fn lie(&self, other: &Footprint) -> Lie {
        match (self.footprint, other) {
            (Footprint::Circle { radius_m, .. }, Footprint::Circle { centre, radius_m: others }) => {
                let at = self.plane.xy(centre.x, centre.y);
                let distance = at.x.hypot(at.y);
                if distance >= circles::outer(*radius_m) + circles::outer(*others) {
                    Lie::Apart
                } else if (distance < SAME_PLACE && others >= radius_m)
                    || distance + circles::outer(*radius_m) <= circles::inner(*others)
                {
                    Lie::Covers
                } else {
                    Lie::Unknown
                }
            }
            (Footprint::Polygon(own, _), Footprint::Polygon(ground, _)) if own == ground => Lie::Covers,
            (Footprint::Polygon(..), _) => Lie::Unknown,
            (Footprint::Circle { radius_m, .. }, Footprint::Polygon(ground, _)) => self.beside(ground, *radius_m),
        }
    }

    /// Apart where the circle's box does not meet the polygon's.
    fn beside(&self, ground: &MultiPolygon<f64>, radius_m: f64) -> Lie {
        let Some(bounds) = geo::BoundingRect::bounding_rect(ground) else { return Lie::Apart };
        let nearest = Coord {
            x: self.middle.x.clamp(bounds.min().x, bounds.max().x),
            y: self.middle.y.clamp(bounds.min().y, bounds.max().y),
        };
        let at = self.plane.xy(nearest.x, nearest.y);
        if at.x.hypot(at.y) >= circles::outer(radius_m) { Lie::Apart } else { Lie::Unknown }
    }
}

fn day_number(date: Date) -> f64 {
    f64::from(days_between(Date::constant(1970, 1, 1), date))
}

#[cfg(test)]
mod tests {
    use geo::Rect;
    use proptest::prelude::*;

    use super::super::footprint::Place;
    use super::super::settings::Settings;
    use super::*;

    fn event(place: Place, ha: f64, day: i8) -> Event {
        Event {
            record_id: String::new(),
            line: 0,
            municipality_code: None,
            date: Some(Date::constant(2020, 6, day)),
            method: None,
            reported_ha: None,
            footprint: Footprint::of(place, ha, &Settings::default()),
            faults: Vec::new(),
            remarks: Vec::new(),
        }
    }

    /// A square of so many hundredths of a degree near the equator, from its lower left corner.
    fn square(x: f64, y: f64, side: f64) -> Place {
        let at = |v: f64| v / 100.0;
        let rect = Rect::new(Coord { x: -75.0 + at(x), y: at(y) }, Coord { x: -75.0 + at(x + side), y: at(y + side) });
        Place::Polygon(rect.to_polygon().into(), None)
    }

    fn twice(events: &[Event], season: i32) -> Vec<(f64, Vec<u32>)> {
        let claims = Claims::new(events);
        let of = |i| claims.twice(i, season);
        (0..events.len()).map(of).map(|t| ((t.hectares * 1e4).round() / 1e4, t.with)).collect()
    }

    fn ha(events: &[Event], number: usize) -> f64 {
        (events[number].footprint.as_ref().unwrap().hectares() * 1e4).round() / 1e4
    }

    #[test]
    fn a_hectare_counts_once_however_often_it_was_claimed() {
        // The third has its left half in the first and its lower half in the second: three quarters.
        let events = [
            event(square(0.0, 0.0, 2.0), 1.0, 1),
            event(square(1.0, -1.0, 2.0), 1.0, 2),
            event(square(1.5, 0.5, 1.0), 1.0, 3),
        ];
        let found = twice(&events, 180);
        let quarter = |n: usize| (ha(&events, n) / 4.0 * 1e3).round() / 1e3;
        assert_eq!(found[0], (0.0, vec![]));
        assert!((found[1].0 - quarter(1)).abs() < 2e-3 && found[1].1 == [0], "{found:?}");
        assert!((found[2].0 - 3.0 * quarter(2)).abs() < 5e-3 && found[2].1 == [0, 1], "{found:?}");
    }

    #[test]
    fn only_the_season_before_counts_and_the_file_orders_a_day() {
        let events = [
            event(square(0.0, 0.0, 1.0), 1.0, 21),
            event(square(0.0, 0.0, 1.0), 1.0, 1),
            event(square(0.0, 0.0, 1.0), 1.0, 21),
            event(square(1.0, 0.0, 1.0), 1.0, 21),
        ];
        let whole = ha(&events, 0);
        assert_eq!(twice(&events, 20), [(whole, vec![1]), (0.0, vec![]), (whole, vec![0, 1]), (0.0, vec![])]);
        assert_eq!(twice(&events, 19)[0], (0.0, vec![]), "20 days are more than 19");
    }

    /// The lens of two circles of radius r, their centres d apart: 2 r^2 acos(d / 2r) - d/2 sqrt(4r^2 - d^2).
    #[test]
    fn circles_share_a_lens() {
        let centre = Coord { x: -75.0, y: 5.0 };
        let plane = EqualAreaPlane::around(centre.x, centre.y);
        let at = |east: f64| Place::Point(plane.near(east, 0.0));
        let r = (1e4 / std::f64::consts::PI).sqrt();
        for d in [10.0, 50.0, 100.0] {
            let events = [event(at(0.0), 1.0, 1), event(at(d), 1.0, 2)];
            let lens = 2.0 * r * r * (d / 2.0 / r).acos() - d / 2.0 * (4.0 * r * r - d * d).sqrt();
            let found = Claims::new(&events).twice(1, 180).hectares;
            assert!((found - lens / 1e4).abs() < 3e-3, "{found} for {lens} m2");
        }
        let inside =
            [event(at(0.0), 4.0, 1), event(at(20.0), 1.0, 2), event(at(120.0), 1.0, 3), event(at(20.0), 1.0, 4)];
        let found = twice(&inside, 180);
        assert_eq!(found[1], (1.0, vec![0]), "wholly inside");
        assert_eq!(found[3], (1.0, vec![0, 1, 2]), "wholly inside two");
        assert!(found[2].1 == [0, 1], "{found:?}");
        let apart = [event(at(0.0), 1.0, 1), event(at(2.0 * r + 2.0), 1.0, 2)];
        assert_eq!(twice(&apart, 180)[1], (0.0, vec![]));
    }

    proptest! {
        /// Against counting on a lattice: squares with whole corners overlap in whole cells.
        #[test]
        fn the_union_of_the_earlier_is_counted(corners in proptest::collection::vec((0..6_i32, 0..6_i32, 1..4_i32), 2..7)) {
            let event_of = |(i, (x, y, side)): (usize, &(i32, i32, i32))| {
                event(square(f64::from(*x), f64::from(*y), f64::from(*side)), 1.0, 1 + i as i8)
            };
            let events: Vec<Event> = corners.iter().enumerate().map(event_of).collect();
            let holds = |(x, y, side): (i32, i32, i32), c: i32, r: i32| (x..x + side).contains(&c) && (y..y + side).contains(&r);
            let last = corners.len() - 1;
            let own = corners[last];
            let cells = (0..81).map(|k| (k % 9, k / 9));
            let counted = cells.filter(|(c, r)| holds(own, *c, *r) && corners[..last].iter().any(|o| holds(*o, *c, *r)));
            let share = counted.count() as f64 / f64::from(own.2 * own.2);
            let found = Claims::new(&events).twice(last, 180).hectares / events[last].footprint.as_ref().unwrap().hectares();
            // Rows of equal degrees near the equator are equal to some 1e-6.
            prop_assert!((found - share).abs() < 1e-5, "{} {}", found, share);
        }
    }
}
