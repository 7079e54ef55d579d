//! A small country of 60 municipalities and 14 censuses whose association between eradication and later growth is known:
//! input of `cocal associate`, `expect` and `trend`.
//!
//! `ln C(t+1) = ln C(t) + a(i) + g(t) - 0.05 ln(1 + E(t)) + shock`, with eradication drawn to where coca is; seizures have
//! nothing to do with it, and a leaf price falls through the years.

use std::fmt::Write;
use std::path::PathBuf;

use cocal::io::atomic;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};

use crate::write::{self, SimulateError};

const MUNICIPALITIES: usize = 60;
const FIRST: i32 = 2011;
const YEARS: usize = 14;
/// Change of `ln C` for each unit of `ln(1 + E)` of the year before.
const ASSOCIATION: f64 = -0.05;

/// Writes a synthetic panel of municipalities and years.
#[derive(Debug, clap::Args)]
pub struct PanelOf {
    /// Seed of what is drawn.
    #[arg(long, default_value_t = 7)]
    seed: u64,
    /// Folder to write to.
    #[arg(short, long)]
    out: PathBuf,
}

impl PanelOf {
    /// Makes `panel_census.csv`, `panel_eradication.csv`, `panel_seizures.csv`, `panel_prices.csv` and `panel_neighbours.csv`.
    pub fn make(&self) -> Result<(), SimulateError> {
        atomic::make_folder(&self.out)?;
        let panel = panel(self.seed);
        let code = |m: usize| format!("98{:03}", 101 + m);
        let mut census = String::from("municipality_code,municipality_name,year,census_ha\n");
        let mut eradication = String::from("municipality_code,year,method,eradicated_ha\n");
        let mut seizures = String::from("municipality_code,year,product,kg\n");
        let mut neighbours = String::from("municipality_code,neighbour_code\n");
        for (m, rows) in panel.iter().enumerate() {
            for (year, [coca, eradicated, kilograms]) in (FIRST..).zip(rows) {
                let _ = writeln!(census, "{},Ficticio {},{year},{coca:.2}", code(m), m + 1);
                let _ = writeln!(eradication, "{},{year},manual,{eradicated:.2}", code(m));
                let _ = writeln!(seizures, "{},{year},leaf,{kilograms:.1}", code(m));
            }
            let _ = writeln!(neighbours, "{},{}", code(m), code((m + 1) % MUNICIPALITIES));
        }
        let price = |year: i32| 4_000 - 90 * (year - FIRST) - 40 * ((year - FIRST) % 3);
        let years = FIRST..FIRST + YEARS as i32;
        let prices = years.map(|year| format!("{year},leaf,{},COP/kg\n", price(year)));
        let prices: String = std::iter::once("year,product,price,unit\n".to_owned()).chain(prices).collect();
        for (name, text) in [
            ("census", &census),
            ("eradication", &eradication),
            ("seizures", &seizures),
            ("prices", &prices),
            ("neighbours", &neighbours),
        ] {
            write::text(&self.out, &format!("panel_{name}.csv"), text)?;
        }
        Ok(())
    }
}

/// Coca at the end of each year and what was eradicated during it, hectares, and leaf seized, kilograms, municipality by
/// municipality.
fn panel(seed: u64) -> Vec<Vec<[f64; 3]>> {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let normal = |random: &mut ChaCha8Rng| -> f64 { StandardNormal.sample(random) };
    let common: Vec<f64> = (0..YEARS).map(|_| 0.05 + 0.12 * normal(&mut random)).collect();
    let municipality = |_| {
        let own = 0.04 * normal(&mut random);
        let mut coca = (4.5 + 1.2 * normal(&mut random)).exp();
        let mut eradicated: f64 = 0.0;
        let year = |growth: &f64| {
            coca *= (own + growth + ASSOCIATION * (1.0 + eradicated).ln() + 0.15 * normal(&mut random)).exp();
            let active = random.random::<f64>() < 0.5;
            eradicated = if active { 0.3 * coca * random.random::<f64>() } else { 0.0 };
            [(1e2 * coca).round() / 1e2, (1e2 * eradicated).round() / 1e2, 400.0 * random.random::<f64>()]
        };
        common.iter().map(year).collect()
    };
    (0..MUNICIPALITIES).map(municipality).collect()
}
