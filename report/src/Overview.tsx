// The year over all municipalities: how many verdicts of each kind, and where little was seen.
import { OBSERVED_ENOUGH, type Report } from "./data";
import type { Text } from "./text";

interface Props { report: Report; text: Text; year: number; onPick(place: number): void }

const LISTED = 8;

export function Overview({ report, text, year, onPick }: Props) {
  const places = report.data.places.map((_, index) => ({ index, keys: report.sentences({ kind: "place", index }, year) }));
  const count = (...keys: string[]) => places.filter((p) => p.keys.some((key) => keys.includes(key))).length;
  const up = count("estimate_change_up");
  const down = count("estimate_change_down");
  const none = count("estimate_change_none");
  const agrees = count("census_agrees");
  const differs = count("census_above", "census_below");
  const shares = report.data.places.map((_, place) => ({ place, share: report.figure("observed_share", place, year) }));
  const recorded = shares.some((s) => s.share !== null);
  const nothing = places.filter((p) => p.keys.some((key) => key === "not_observed" || key === "outside_raster")).length;
  // The program counts rows; without its count, what has no share was not seen.
  const poorly = report.of({ kind: "total", index: 0 }, "poorly_seen_count", year) ?? shares.filter((s) => s.share === null || s.share < OBSERVED_ENOUGH).length;
  const unseen = shares.filter((s): s is { place: number; share: number } => s.share !== null && s.share < OBSERVED_ENOUGH).sort((a, b) => a.share - b.share);
  const item = (number: number, words: string) => <li key={words}><strong>{text.count(number)}</strong> {text.ui(words)}</li>;
  return (
    <div class="overview">
      <h3>{text.ui("places_title", { count: text.count(places.length), year: report.years[year] ?? "" })}</h3>
      <div class="overview-grid">
        <ul class="counts">
          {item(up, "count_up")}{item(down, "count_down")}{item(none, "count_none")}{item(places.length - up - down - none, "count_unknown")}
        </ul>
        <ul class="counts">
          {item(agrees, "count_agrees")}{item(differs, "count_differs")}{item(places.length - agrees - differs, "count_untested")}
        </ul>
        <div>
          {recorded ? <ul class="counts">{item(nothing, "count_nothing")}{item(poorly, "count_unseen")}</ul> : <p class="note">{text.ui("unseen_unknown")}</p>}
          {recorded && poorly === 0 && <p>{text.ui("unseen_none")}</p>}
          {unseen.length > 0 && (
            <p>{text.ui("unseen_list")}{" "}
              {unseen.slice(0, LISTED).map(({ place, share }, i) => (
                <span key={place}>{i > 0 && ", "}<button type="button" class="pick" onClick={() => onPick(place)}>
                  {text.ui("unseen_item", { name: report.data.places[place]?.name ?? "", share: text.figure("observed_share", share) })}
                </button></span>
              ))}
              {unseen.length > LISTED && ", " + text.ui("unseen_more", { count: text.count(unseen.length - LISTED) })}
            </p>
          )}
        </div>
      </div>
    </div>
  );
}
