//! Orders: of places in a year, and of years in a place.

use super::interval::{Measured, change, level};
use super::outcome::{Value, Verdict, shown};
use super::place::Place;
use super::rule::{Rule, decide};
use super::say::interval_words;
use super::types::{Direction, Target};
use super::weigh::Scales;

impl Scales<'_> {
    /// The differences that an order asks for, each above zero; the nearest one is told.
    fn differences(&mut self, all: Vec<(String, Measured)>) -> Option<(Verdict, String)> {
        let above = Target::beyond_zero(Direction::Up);
        let mut worst = Verdict::Supported;
        for (_, m) in &all {
            worst = worst.max(decide(*m, above, Rule::Change));
        }
        let (label, nearest) = all.into_iter().min_by(|a, b| a.1.value.total_cmp(&b.1.value))?;
        self.out.figures.put("nearest", Value::Text(label.clone()));
        self.out.figures.measured("difference_to_nearest", nearest);
        let interval = interval_words(nearest, self.unit());
        let text =
            format!("the difference to the nearest, {label}, is {} {}{interval}", shown(nearest.value, 1), self.unit());
        Some((worst, if worst == Verdict::NotDistinguishable { format!("{text}, which holds zero") } else { text }))
    }

    /// A place among the places like it.
    pub(super) fn rank(&mut self, wanted: usize) -> Result<(Verdict, String), String> {
        let year = self.year;
        let mine = self.here(year)?;
        let claim = self.claim;
        let mut others = Vec::new();
        for place in self.facts.places_like(&claim.place, claim.within.as_deref()) {
            if place != claim.place {
                let found = self.facts.figure(self.counted, &place, year)?;
                others.push((place, found.figure));
            }
        }
        others.sort_by(|a, b| b.1.value.total_cmp(&a.1.value));
        let rank = 1 + others.iter().filter(|(_, o)| o.value > mine.value).count();
        self.out.figures.put("rank", Value::Whole(rank as i64));
        self.out.figures.measured(self.level_name(), level(mine));
        let mut needed = Vec::new();
        for (i, (place, other)) in others.iter().enumerate() {
            let m = if i + 1 < wanted { change(*other, mine) } else { change(mine, *other) };
            needed.push((self.names.label(place), m));
        }
        if wanted > others.len() + 1 {
            return Err(format!("only {} places have a figure", others.len() + 1));
        }
        for (place, _) in others.iter().take(wanted.max(2)) {
            let datum = self.facts.figure(self.counted, place, year)?;
            self.out.add_sources(datum.sources);
        }
        let of =
            claim.within.as_ref().map_or("the country".to_owned(), |d| self.names.label(&Place::Department(d.clone())));
        let kind = if matches!(claim.place, Place::Municipality(_)) { "municipalities" } else { "departments" };
        let (verdict, text) = self.differences(needed).ok_or("no other place has a figure")?;
        Ok((
            verdict,
            format!(
                "in {year} it is number {rank} of the {kind} of {of} with {} {}; {text}",
                shown(mine.value, 1),
                self.unit()
            ),
        ))
    }

    /// A year among the years of its place.
    pub(super) fn extreme(
        &mut self,
        direction: Direction,
        since: Option<i32>,
        later_too: bool,
    ) -> Result<(Verdict, String), String> {
        let year = self.year;
        let mine = self.here(year)?;
        let place = self.claim.place.clone();
        let compared: Vec<i32> = self
            .facts
            .years(self.counted, &place)
            .into_iter()
            .filter(|y| *y != year && (later_too || *y < year) && since.is_none_or(|s| *y > s && *y < year))
            .collect();
        let (Some(first), Some(last)) = (compared.first().copied(), compared.last().copied()) else {
            return Err(format!("no other year to compare {year} with"));
        };
        let mut needed = Vec::new();
        for other in compared {
            let theirs = self.here(other)?;
            // A method of eradication counts for a record where it had hectares in any year of it.
            self.out.values.push(theirs.value);
            let m = if direction == Direction::Up { change(mine, theirs) } else { change(theirs, mine) };
            needed.push((format!("{other}, with {} {}", shown(theirs.value, 1), self.unit()), m));
        }
        self.out.figures.measured(self.level_name(), level(mine));
        let (verdict, text) = self.differences(needed).ok_or("no other year has a figure")?;
        let which = if direction == Direction::Up { "highest" } else { "lowest" };
        let held = if verdict == Verdict::Contradicted { "not the" } else { "the" };
        let mine = shown(mine.value, 1);
        Ok((verdict, format!("{year} with {mine} {} is {held} {which} beside {first} to {last}; {text}", self.unit())))
    }
}
