//! What a plan may ask for.

use super::*;

/// A plan without scenes and tasks, with windows of a size on a grid of a size.
fn plan(side: usize, (rows, cols): (usize, usize), window: (usize, usize)) -> Result<PlanFile, String> {
    let crs = serde_json::json!(crate::scene::Crs::wgs84());
    let grid = serde_json::json!({"crs": crs, "origin_x": 0.0, "origin_y": 0.0, "pixel_width": 0.1, "pixel_height": 0.1,
        "rows": rows, "cols": cols});
    let plan = serde_json::json!({"format": FORMAT, "version": VERSION, "program": "", "gdal": "", "folder": "", "project": "",
        "settings": "", "on_error": "stop", "grid": grid, "bands": [], "scenes": [], "notes": [], "failures": [], "inputs": [],
        "years": [{"year": 2024, "scenes": []}], "model": "", "training": null, "side": side,
        "windows": [{"rows": window.0, "cols": window.1, "halo": 0}], "tasks": []});
    PlanFile::parse(plan.to_string().as_bytes())
}

/// A few bytes that ask for millions of windows are refused before these are laid out.
#[test]
fn more_windows_than_the_tasks_are_worth_are_refused() {
    let refused = |side, grid, window| plan(side, grid, window).map(|_| ()).unwrap_err();
    assert!(refused(1, (4_000_000, 4), (1, 1)).contains("not as many"));
    assert!(refused(usize::MAX, (4_000_000, 4), (1, 1)).contains("too many"));
    assert!(refused(usize::MAX, (4_000_000, 4_000_000), (usize::MAX, 1)).contains("too many"));
}

#[test]
fn windows_and_tasks_are_counted_as_they_are_laid_out() {
    let grid = |rows, cols| crate::scene::Grid {
        crs: crate::scene::Crs::wgs84(),
        origin_x: 0.0,
        origin_y: 0.0,
        pixel_width: 0.1,
        pixel_height: 0.1,
        rows,
        cols,
    };
    for (rows, cols, side) in [(100, 90, 40), (1, 50_000, 7_000), (3_000, 40_000, 2_048), (7, 7, usize::MAX)] {
        for cutting in [(10, 17), (512, 512), (usize::MAX, 1), (3, usize::MAX)] {
            let cutting = Cutting { rows: cutting.0, cols: cutting.1, halo: 0 };
            let grid = grid(rows, cols);
            let windows = Windows::of_size(&grid, cutting.rows, cutting.cols, 0);
            let laid = places(0, &windows, side);
            let most = laid.iter().map(|place| place.rows.len() * place.cols.len()).max();
            assert_eq!(
                cutting.counts(&grid, side),
                (windows.len(), laid.len(), most.unwrap_or(0)),
                "{rows} {cols} {side}"
            );
        }
    }
}
