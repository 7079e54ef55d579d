//! Worked cases, and an attacker who knows everything that is published.

use proptest::prelude::*;

use super::*;

const THRESHOLD: Threshold = Threshold { k: 5, least: 0, room: 1 };

fn piece(municipality: usize, lots: u32, coca: i128) -> Piece {
    Piece { municipality, lots, coca, ground: 100 }
}

fn cell(pieces: &[Piece]) -> Counted {
    let (lots, coca) = (pieces.iter().map(|p| p.lots).sum(), pieces.iter().map(|p| p.coca).sum());
    Counted { lots, coca, pieces: pieces.to_vec() }
}

fn shown(decision: &Decision) -> Vec<bool> {
    decision.cells.iter().map(|s| *s == Shown::Yes).collect()
}

#[test]
fn a_lone_small_cell_takes_the_smallest_shown_one_with_it() {
    let cells = [(9, 90), (2, 20), (7, 70), (0, 0)].map(|(lots, coca)| cell(&[piece(0, lots, coca)]));
    let decision = decide(&cells, &[0], &THRESHOLD);
    assert_eq!(decision.cells, [Shown::Yes, Shown::Few, Shown::Complement, Shown::Few]);
    assert_eq!((decision.municipalities, decision.departments, decision.all), (vec![true], vec![true], true));
}

#[test]
fn small_cells_that_hold_k_lots_together_hide_each_other() {
    let cells = [(9, 90), (2, 20), (3, 30)].map(|(lots, coca)| cell(&[piece(0, lots, coca)]));
    assert_eq!(shown(&decide(&cells, &[0], &THRESHOLD)), [true, false, false]);
    let one_less = [(9, 90), (2, 20), (2, 30)].map(|(lots, coca)| cell(&[piece(0, lots, coca)]));
    assert_eq!(shown(&decide(&one_less, &[0], &THRESHOLD)), [false, false, false]);
}

#[test]
fn no_coca_in_the_withheld_cells_needs_no_complement() {
    let cells = [(9, 90), (0, 0), (0, 0)].map(|(lots, coca)| cell(&[piece(0, lots, coca)]));
    assert_eq!(shown(&decide(&cells, &[0], &THRESHOLD)), [true, false, false]);
}

#[test]
fn a_cell_over_a_border_is_looked_at_from_both_sides() {
    // The middle cell is small and lies in both; the east has no other withheld cell.
    let cells = [
        cell(&[piece(0, 2, 20)]),
        cell(&[piece(0, 3, 30), piece(1, 1, 10)]),
        cell(&[piece(1, 8, 80)]),
        cell(&[piece(1, 6, 60)]),
    ];
    assert_eq!(shown(&decide(&cells, &[0, 0], &THRESHOLD)), [false, false, true, false]);
}

#[test]
fn a_sliver_hides_nothing() {
    let sliver = Piece { ground: 0, ..piece(0, 4, 1) };
    let cells = [cell(&[piece(0, 3, 30)]), cell(&[sliver]), cell(&[piece(0, 6, 60)])];
    assert_eq!(shown(&decide(&cells, &[0], &THRESHOLD)), [false, false, false]);
}

#[test]
fn hectares_under_the_threshold_are_withheld_too() {
    let cells = [(9, 90), (9, 10), (9, 95)].map(|(lots, coca)| cell(&[piece(0, lots, coca)]));
    let decision = decide(&cells, &[0], &Threshold { least: 50, ..THRESHOLD });
    assert_eq!(decision.cells, [Shown::Complement, Shown::Few, Shown::Yes]);
}

#[test]
fn a_municipality_of_one_cell_with_few_lots_is_withheld_with_a_second_one() {
    // Municipality 0 is one cell with a lot; 1 has enough withheld lots to hide it; 2 shows all that it has.
    let cells =
        [cell(&[piece(0, 1, 10)]), cell(&[piece(1, 3, 30)]), cell(&[piece(1, 4, 40)]), cell(&[piece(2, 9, 90)])];
    let decision = decide(&cells, &[0, 0, 0], &THRESHOLD);
    assert_eq!(shown(&decision), [false, false, false, true]);
    assert_eq!(decision.municipalities, [false, false, true]);
    assert_eq!((decision.departments, decision.all), (vec![true], true));
    // Without the second one the department's total goes, and with it that of all.
    let decision = decide(&[cells[0].clone(), cells[3].clone()], &[0, 1, 0], &THRESHOLD);
    assert_eq!(decision.municipalities, [false, true, true]);
    assert_eq!((decision.departments, decision.all), (vec![false, true], false));
}

#[test]
fn two_municipalities_that_share_their_only_cell_do_not_hide_it() {
    // Their sum would be the cell; 7 lots in all, by the third one.
    let shared = cell(&[piece(0, 1, 10), piece(1, 2, 20)]);
    let decision = decide(std::slice::from_ref(&shared), &[0, 0], &THRESHOLD);
    assert_eq!((decision.municipalities, decision.all), (vec![false, false], false));
    let other = [cell(&[piece(2, 3, 30)]), cell(&[piece(2, 3, 35)])];
    let decision = decide(&[&[shared][..], &other].concat(), &[0, 0, 0], &THRESHOLD);
    assert_eq!((decision.municipalities, decision.all), (vec![false, false, false], true));
}

/// Whether `wanted` is a combination of the rows.
fn spans(rows: &[Vec<f64>], wanted: &[f64]) -> bool {
    rank(rows.to_vec()) == rank(rows.iter().cloned().chain([wanted.to_vec()]).collect())
}

fn rank(mut rows: Vec<Vec<f64>>) -> usize {
    let mut rank = 0;
    for col in 0..rows.first().map_or(0, Vec::len) {
        let Some(pivot) = (rank..rows.len()).max_by(|a, b| rows[*a][col].abs().total_cmp(&rows[*b][col].abs())) else {
            break;
        };
        if rows[pivot][col].abs() < 1e-9 {
            continue;
        }
        rows.swap(rank, pivot);
        let lead = rows[rank].clone();
        for row in rows.iter_mut().skip(rank + 1) {
            let times = row[col] / lead[col];
            row.iter_mut().zip(&lead).for_each(|(v, l)| *v -= times * l);
        }
        rank += 1;
    }
    rank
}

/// Places of a cell's pieces among all pieces that the attacker does not know to be zero.
fn unknowns(cells: &[Counted]) -> Vec<(usize, usize)> {
    let of = |(cell, counted): (usize, &Counted)| (0..counted.pieces.len()).map(move |p| (cell, p)).collect::<Vec<_>>();
    cells.iter().enumerate().flat_map(of).collect()
}

/// What is published, as sums of pieces: shown cells, municipalities, departments, all.
fn published(cells: &[Counted], department: &[usize], decision: &Decision) -> Vec<Vec<f64>> {
    let unknowns = unknowns(cells);
    let at = |(cell, p): (usize, usize)| cells[cell].pieces[p].municipality;
    let row = |is: &dyn Fn(usize, usize) -> bool| -> Vec<f64> {
        unknowns.iter().map(|u| f64::from(u8::from(is(u.0, at(*u))))).collect()
    };
    let mut rows = Vec::new();
    let of_cells = (0..cells.len()).filter(|c| decision.cells[*c] == Shown::Yes);
    rows.extend(of_cells.map(|c| row(&|cell, _| cell == c)));
    let of_municipalities = (0..department.len()).filter(|m| decision.municipalities[*m]);
    rows.extend(of_municipalities.map(|m| row(&|_, municipality| municipality == m)));
    let of_departments = (0..decision.departments.len()).filter(|d| decision.departments[*d]);
    rows.extend(of_departments.map(|d| row(&|_, m| department[m] == d)));
    rows.extend(decision.all.then(|| row(&|_, _| true)));
    rows
}

/// A piece that may be drawn: municipality, lots, coca, and whether it has any.
type Drawn = (usize, u32, i128, bool);

/// Tables of up to eight cells over up to four municipalities in two departments.
fn tables() -> impl Strategy<Value = (Vec<Counted>, Vec<usize>)> {
    let one = (0..4_usize, 0..9_u32, 1..50_i128, prop::bool::weighted(0.6));
    let cells = prop::collection::vec((one.clone(), one, prop::bool::weighted(0.3)), 1..8);
    let made = |(a, b, two): (Drawn, Drawn, bool)| {
        let of = |(m, lots, coca, some): Drawn| {
            if some { piece(m, lots.max(1), coca) } else { piece(m, 0, 0) }
        };
        cell(&if two && a.0 != b.0 { vec![of(a), of(b)] } else { vec![of(a)] })
    };
    (cells, prop::collection::vec(0..2_usize, 4))
        .prop_map(move |(cells, department)| (cells.into_iter().map(made).collect(), department))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    /// From all that is published, no withheld cell or municipality that has coca can be computed.
    #[test]
    fn nothing_withheld_can_be_computed((cells, department) in tables(), k in 1..7_u32, least in 0..40_i128) {
        let threshold = Threshold { k, least, room: 1 };
        let decision = decide(&cells, &department, &threshold);
        let rows = published(&cells, &department, &decision);
        let unknowns = unknowns(&cells);
        for (number, counted) in cells.iter().enumerate() {
            let enough = counted.lots >= k && counted.coca >= least;
            prop_assert!(decision.cells[number] != Shown::Yes || enough);
            if decision.cells[number] != Shown::Yes && counted.coca > 0 {
                let wanted: Vec<f64> = unknowns.iter().map(|u| f64::from(u8::from(u.0 == number))).collect();
                prop_assert!(!spans(&rows, &wanted), "cell {number} of {cells:?} {decision:?}");
            }
        }
        for m in (0..department.len()).filter(|m| !decision.municipalities[*m]) {
            let own = |u: &(usize, usize)| cells[u.0].pieces[u.1].municipality == m;
            let wanted: Vec<f64> = unknowns.iter().map(|u| f64::from(u8::from(own(u)))).collect();
            prop_assert!(wanted.iter().all(|v| *v == 0.0) || !spans(&rows, &wanted), "municipality {m} of {cells:?} {decision:?}");
        }
    }
}

#[test]
fn the_attacker_finds_what_is_not_completed() {
    let cells = [(9, 90), (2, 20), (7, 70)].map(|(lots, coca)| cell(&[piece(0, lots, coca)]));
    let open = Decision {
        cells: vec![Shown::Yes, Shown::Few, Shown::Yes],
        municipalities: vec![true],
        departments: vec![true],
        all: true,
    };
    assert!(spans(&published(&cells, &[0], &open), &[0.0, 1.0, 0.0]));
}
