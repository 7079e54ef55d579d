//! The ground: what covers each point on each day, from hashed noise.
//!
//! Coordinates are metres east (`x`) and north (`y`) of the world's origin. The ground is made of objects
//! (parcels, coca lots, villages, roads, rivers) whose borders do not move; what covers an object changes with time.
//! A [`Neighbourhood`] holds the objects around one window, so memory follows the window and not the world.

use crate::lots::Lot;
use crate::noise::{fractal_2d, hash, noise_1d, noise_2d, stream, unit};

/// The classes of the legend; the code is that of the truth map.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Cover {
    PrimaryForest = 1,
    SecondaryRegrowth = 2,
    Pasture = 3,
    Coca = 4,
    OilPalm = 5,
    BareSoil = 6,
    Water = 7,
    Urban = 8,
}

impl Cover {
    pub const ALL: [Self; 8] = [
        Self::PrimaryForest,
        Self::SecondaryRegrowth,
        Self::Pasture,
        Self::Coca,
        Self::OilPalm,
        Self::BareSoil,
        Self::Water,
        Self::Urban,
    ];

    /// The name in training samples and in the truth table.
    pub fn name(self) -> &'static str {
        match self {
            Self::PrimaryForest => "primary_forest",
            Self::SecondaryRegrowth => "secondary_regrowth",
            Self::Pasture => "pasture",
            Self::Coca => "coca",
            Self::OilPalm => "oil_palm",
            Self::BareSoil => "bare_soil",
            Self::Water => "water",
            Self::Urban => "urban",
        }
    }
}

/// A day: the year, and the day of it counted from 1.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct Day {
    pub year: i32,
    pub of_year: f64,
}

impl Day {
    /// The cut-off of a census year, 31 December.
    pub fn cutoff(year: i32) -> Self {
        Self { year, of_year: 365.0 }
    }
}

/// What a point belongs to. Numbers are places in the lists of the [`Neighbourhood`] that gave the object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Object {
    Water,
    Village,
    Road,
    GalleryForest,
    Lot(u32),
    Parcel(u32),
}

/// A piece of ground under one use, some 4 ha.
#[derive(Clone, Debug)]
pub struct Parcel {
    /// Seed of all that is particular to it.
    pub seed: u64,
    /// Centre in warped coordinates, metres.
    centre: [f64; 2],
    /// The year in which its forest was felled; [`NEVER`] for forest that stands.
    cleared: i32,
    /// Its use once cleared.
    settled: Cover,
}

const NEVER: i32 = i32::MAX;

impl Parcel {
    /// What covers it in a year.
    pub fn cover(&self, year: i32) -> Cover {
        if year < self.cleared {
            return Cover::PrimaryForest;
        }
        // Felled ground burns and lies bare in its first year; pasture is ploughed or burned now and then.
        let renewed = self.settled == Cover::Pasture && unit(hash(self.seed, i64::from(year), 11)) < 0.07;
        if year == self.cleared || renewed { Cover::BareSoil } else { self.settled }
    }
}

/// Mean distance between the centres of parcels, metres.
const PARCEL_SPACING: f64 = 190.0;
/// How far borders of parcels are bent, metres.
const WARP: f64 = 45.0;
/// Half the width of a road, metres.
const ROAD_HALF_WIDTH: f64 = 4.0;

/// The whole world of one seed. It holds no map: everything is computed where it is asked for.
#[derive(Clone, Copy, Debug)]
pub struct Landscape {
    pub seed: u64,
    /// One seed for each use, made once because every point asks for many.
    streams: [u64; 48],
}

impl Landscape {
    pub fn new(seed: u64) -> Self {
        Self { seed, streams: std::array::from_fn(|number| stream(seed, number as u64)) }
    }

    /// The seed of one use, 0 to 47.
    pub fn stream(&self, number: usize) -> u64 {
        self.streams[number]
    }

    /// Distance to the middle of the nearest river, metres (north-south; rivers run east, one every 9 km).
    pub fn river_distance(&self, x: f64, y: f64) -> f64 {
        let meander = 420.0 * noise_1d(self.stream(1), x / 1900.0) + 110.0 * noise_1d(self.stream(2), x / 420.0);
        to_nearest(y + 1850.0 - meander, 9000.0)
    }

    fn river_half_width(&self, x: f64) -> f64 {
        34.0 + 12.0 * noise_1d(self.stream(3), x / 700.0)
    }

    fn road_offset_y(&self, x: f64) -> f64 {
        -850.0 + 230.0 * noise_1d(self.stream(4), x / 1500.0)
    }

    fn road_offset_x(&self, y: f64) -> f64 {
        1500.0 + 230.0 * noise_1d(self.stream(5), y / 1300.0)
    }

    /// Distance to the middle of the nearest road, metres: one every 5 km to the east, one every 3.4 km to the north.
    pub fn road_distance(&self, x: f64, y: f64) -> f64 {
        let along = to_nearest(y - self.road_offset_y(x), 5000.0);
        along.min(to_nearest(x - self.road_offset_x(y), 3400.0))
    }

    /// How far clearing has come: above 0 the ground was cleared by 2024, the higher the earlier.
    pub fn clearing(&self, x: f64, y: f64) -> f64 {
        let access =
            0.55 * (-self.road_distance(x, y) / 600.0).exp() + 0.15 * (-self.river_distance(x, y) / 500.0).exp();
        0.75 * fractal_2d(self.stream(6), x / 2300.0, y / 2300.0, 3) + access - 0.24
    }

    /// The village at a road crossing, if it is near enough to matter: `[x, y, radius]`.
    fn villages(&self, bounds: &Bounds) -> Vec<[f64; 3]> {
        let mut found = Vec::new();
        let reach = 600.0;
        let range = |low: f64, high: f64, step: f64| {
            (((low - reach) / step).floor() as i64 - 1)..=(((high + reach) / step).ceil() as i64 + 1)
        };
        for i in range(bounds.min_x, bounds.max_x, 3400.0) {
            for j in range(bounds.min_y, bounds.max_y, 5000.0) {
                let (mut x, mut y) = (i as f64 * 3400.0, j as f64 * 5000.0);
                for _ in 0..4 {
                    x = i as f64 * 3400.0 + self.road_offset_x(y);
                    y = j as f64 * 5000.0 + self.road_offset_y(x);
                }
                let radius = 140.0 + 80.0 * unit(hash(self.stream(7), i, j));
                if bounds.grown(radius + 60.0).holds(x, y) {
                    found.push([x, y, radius]);
                }
            }
        }
        found
    }

    fn warp(&self, x: f64, y: f64) -> [f64; 2] {
        [
            x + WARP * noise_2d(self.stream(8), x / 310.0, y / 310.0),
            y + WARP * noise_2d(self.stream(9), x / 310.0, y / 310.0),
        ]
    }

    fn parcel(&self, i: i64, j: i64) -> Parcel {
        let seed = hash(self.stream(10), i, j);
        let jitter = |k: i64| 0.15 + 0.7 * unit(hash(seed, k, 0));
        let centre = [(i as f64 + jitter(1)) * PARCEL_SPACING, (j as f64 + jitter(2)) * PARCEL_SPACING];
        let margin = self.clearing(centre[0], centre[1]) + 0.34 * (unit(hash(seed, 3, 0)) - 0.5);
        let cleared = match margin {
            m if m <= 0.0 => NEVER,
            m if m <= 0.014 => 2024,
            m if m <= 0.028 => 2023,
            m if m <= 0.042 => 2022,
            _ => 2000,
        };
        let palm = noise_2d(self.stream(12), centre[0] / 1300.0, centre[1] / 1300.0) > 0.42;
        let draw = unit(hash(seed, 4, 0));
        let settled = match draw {
            d if palm && d < 0.75 => Cover::OilPalm,
            d if d < 0.64 => Cover::Pasture,
            d if d < 0.95 => Cover::SecondaryRegrowth,
            _ => Cover::BareSoil,
        };
        Parcel { seed, centre, cleared, settled }
    }

    /// The objects around a window.
    pub fn neighbourhood(&self, bounds: Bounds) -> Neighbourhood {
        let lattice = |v: f64| (v / PARCEL_SPACING).floor() as i64;
        let (i0, i1) = (lattice(bounds.min_x - WARP) - 1, lattice(bounds.max_x + WARP) + 1);
        let (j0, j1) = (lattice(bounds.min_y - WARP) - 1, lattice(bounds.max_y + WARP) + 1);
        let parcels = (j0..=j1).flat_map(|j| (i0..=i1).map(move |i| self.parcel(i, j))).collect();
        Neighbourhood {
            land: *self,
            parcels,
            first: [i0, j0],
            parcel_cols: (i1 - i0 + 1) as usize,
            lots: self.lots(&bounds),
            villages: self.villages(&bounds),
        }
    }
}

/// Distance from `v` to the nearest multiple of `step`.
fn to_nearest(v: f64, step: f64) -> f64 {
    (v - (v / step).round() * step).abs()
}

/// A rectangle in metres.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    pub min_x: f64,
    pub min_y: f64,
    pub max_x: f64,
    pub max_y: f64,
}

impl Bounds {
    pub fn around(x: f64, y: f64, reach: f64) -> Self {
        Self { min_x: x - reach, min_y: y - reach, max_x: x + reach, max_y: y + reach }
    }

    pub fn grown(&self, by: f64) -> Self {
        Self { min_x: self.min_x - by, min_y: self.min_y - by, max_x: self.max_x + by, max_y: self.max_y + by }
    }

    pub fn holds(&self, x: f64, y: f64) -> bool {
        x >= self.min_x && x < self.max_x && y >= self.min_y && y < self.max_y
    }
}

/// The objects that can reach into one window.
#[derive(Clone, Debug)]
pub struct Neighbourhood {
    pub land: Landscape,
    pub parcels: Vec<Parcel>,
    first: [i64; 2],
    parcel_cols: usize,
    pub lots: crate::lots::LotGrid,
    villages: Vec<[f64; 3]>,
}

impl Neighbourhood {
    /// What a point of the window belongs to.
    pub fn object_at(&self, x: f64, y: f64) -> Object {
        let from_bank = self.land.river_distance(x, y) - self.land.river_half_width(x);
        if from_bank < 0.0 {
            return Object::Water;
        }
        if self.in_village(x, y) {
            return Object::Village;
        }
        if self.land.road_distance(x, y) < ROAD_HALF_WIDTH {
            return Object::Road;
        }
        if let Some(lot) = self.lots.at(x, y) {
            return Object::Lot(lot);
        }
        if from_bank < 60.0 && from_bank < 28.0 + 30.0 * noise_2d(self.land.stream(13), x / 160.0, y / 160.0) {
            return Object::GalleryForest;
        }
        Object::Parcel(self.parcel_at(x, y))
    }

    fn in_village(&self, x: f64, y: f64) -> bool {
        self.villages.iter().any(|[vx, vy, radius]| {
            let distance = (x - vx).hypot(y - vy);
            distance < radius + 60.0 && distance < radius + 60.0 * noise_2d(self.land.stream(14), x / 130.0, y / 130.0)
        })
    }

    /// The parcel whose centre is nearest in warped coordinates (a Voronoi cell).
    fn parcel_at(&self, x: f64, y: f64) -> u32 {
        let [wx, wy] = self.land.warp(x, y);
        let i = (wx / PARCEL_SPACING).floor() as i64 - self.first[0];
        let j = (wy / PARCEL_SPACING).floor() as i64 - self.first[1];
        let mut best = (f64::INFINITY, 0);
        for row in j - 1..=j + 1 {
            for col in i - 1..=i + 1 {
                let at = row as usize * self.parcel_cols + col as usize;
                let [cx, cy] = self.parcels[at].centre;
                let distance = (wx - cx).powi(2) + (wy - cy).powi(2);
                if distance < best.0 {
                    best = (distance, at as u32);
                }
            }
        }
        best.1
    }

    /// The lot behind an object's number.
    pub fn lot(&self, number: u32) -> &Lot {
        &self.lots.lots[number as usize]
    }

    /// What covers an object on a day.
    pub fn cover(&self, object: Object, day: Day) -> Cover {
        match object {
            Object::Water => Cover::Water,
            Object::Village => Cover::Urban,
            Object::Road => Cover::BareSoil,
            Object::GalleryForest => Cover::PrimaryForest,
            Object::Lot(number) => self.lot(number).cover(day),
            Object::Parcel(number) => self.parcels[number as usize].cover(day.year),
        }
    }
}
