//! The English lexicon.

use super::words::{Entry, Word};
use crate::records::Method;

/// Little words that tell English.
pub(super) const LITTLE: &str = "the of in was were is are had has and than by from to between since with for at about than there did not fell grew rose hectares eradication growth area most more less year record by has reached percent department";

/// Words and phrases.
pub(super) const WORDS: &[Entry] = &[
    (
        Word::Coca,
        "coca crop crops coca_crop coca_crops cultivation coca_cultivation coca_growing area area_under_coca coca_area cultivated_area area_planted_with_coca coca_bush coca_bushes plantings planted coca_census coca_fields area_of_coca illicit_crops cultivated",
    ),
    (
        Word::UnitedStates,
        "us_estimate u_s_estimate american_estimate united_states us u_s usa washington white_house us_government cia according_to_the_united_states according_to_washington",
    ),
    (Word::Eradication(None), "eradication eradicated eradicate eradicating eradications destroyed removed uprooted"),
    (
        Word::Eradication(Some(Method::Manual)),
        "manual_eradication manually_eradicated eradicated_manually eradicated_by_hand eradication_by_hand hand_eradication",
    ),
    (
        Word::Eradication(Some(Method::ForcedManual)),
        "forced_eradication forced_manual_eradication forcibly_eradicated manual_forced_eradication eradicated_by_force",
    ),
    (Word::Eradication(Some(Method::Voluntary)), "voluntary_eradication voluntarily_eradicated eradicated_voluntarily"),
    (
        Word::Eradication(Some(Method::Spraying)),
        "spraying sprayed aerial_spraying aerially_sprayed sprayed_from_the_air aerial_fumigation fumigation fumigated aerial_eradication sprayed_by_air",
    ),
    (
        Word::Eradication(Some(Method::DroneSpraying)),
        "drone_spraying sprayed_by_drone sprayed_by_drones sprayed_with_drones drones sprayed_from_drones spraying_by_drone spraying_from_drones",
    ),
    (
        Word::AllMethods,
        "manual_and_aerial_eradication manual_eradication_and_spraying eradication_and_spraying manual_and_spraying total_eradication all_methods manual_plus_aerial all_eradication eradication_of_all_kinds eradication_by_all_methods",
    ),
    (Word::GrossGain, "gross_gain gross_expansion gross_growth gross_increase"),
    (Word::Seizures, "seizures seizure seized"),
    (
        Word::Growth,
        "growth growth_rate rate_of_growth rate_of_increase pace_of_growth pace rate_of_expansion expansion",
    ),
    (
        Word::Up,
        "grew grow grows grown growing rose rise rises risen rising increased increase increases increasing climbed climb jumped jump expanded expand soared surged surge gained up went_up went_higher gain additional added swelled shot_up",
    ),
    (
        Word::Down,
        "fell fall falls fallen falling dropped drop drops declined decline declines declining decreased decrease decreases shrank shrink shrunk shrinking went_down down reduced reduction reductions plunged plummeted slumped cut contracted contraction was_reduced lost collapsed dipped came_down slid",
    ),
    (
        Word::Flat,
        "stable unchanged flat did_not_change didnt_change did_not_vary remained_stable stayed_the_same remained_the_same was_stable steady stagnated no_change stayed_flat held_steady",
    ),
    (Word::Vary, "changed change varied variation changes"),
    (
        Word::Slower,
        "slowed slowed_down slowing slower slows slowing_down slowdown decelerated deceleration slow_down lost_pace",
    ),
    (Word::Faster, "accelerated accelerates accelerating faster sped_up acceleration speeded_up gained_pace"),
    (Word::Times(2.0), "doubled double doubles doubling twofold"),
    (Word::Times(3.0), "tripled triple triples trebled threefold tripling"),
    (Word::Times(4.0), "quadrupled quadruple fourfold"),
    (Word::Times(5.0), "quintupled fivefold"),
    (Word::Times(10.0), "tenfold"),
    (Word::Times(0.5), "halved halves was_cut_in_half cut_in_half was_halved was_cut_by_half"),
    (Word::Part(50.0), "half one_half a_half"),
    (Word::Part(100.0 / 3.0), "a_third one_third third"),
    (Word::Part(200.0 / 3.0), "two_thirds"),
    (Word::Part(25.0), "a_quarter one_quarter quarter one_fourth a_fourth"),
    (Word::Part(75.0), "three_quarters three_fourths"),
    (Word::Part(20.0), "a_fifth one_fifth"),
    (Word::Part(40.0), "two_fifths"),
    (Word::Part(10.0), "a_tenth one_tenth"),
    (Word::More, "more higher larger greater bigger more_coca"),
    (Word::Less, "less fewer lower smaller less_coca"),
    (
        Word::Most,
        "most most_coca_of_any the_most_coca_of_any most_coca the_most_coca the_largest_area_of_coca more_coca_than_any_other leads leading led first first_place ranks_first ranked_first number_one tops the_most_hectares largest_coca_area",
    ),
    (Word::Rank(2), "second ranks_second ranked_second second_place second_most second_largest second_highest"),
    (Word::Rank(3), "ranks_third ranked_third third_place third_most third_largest third_highest the_third_most"),
    (Word::Rank(4), "ranks_fourth ranked_fourth fourth_place fourth_most fourth_largest fourth"),
    (Word::Rank(5), "ranks_fifth ranked_fifth fifth_place fifth_most fifth_largest fifth"),
    (Word::Top, "highest largest greatest biggest maximum highest_level highest_figure highest_value"),
    (Word::Bottom, "lowest smallest minimum lowest_level lowest_figure least"),
    (
        Word::Record,
        "record records new_record a_new_record than_ever more_than_ever more_coca_than_ever higher_than_ever record_high all_time_high historic_high historic_maximum record_level historic_record highest_ever highest_on_record highest_in_history highest_ever_recorded highest_level_on_record highest_level_ever largest_on_record highest_recorded",
    ),
    (
        Word::RecordLow,
        "record_low all_time_low historic_low historic_minimum lowest_ever lowest_on_record lowest_ever_recorded",
    ),
    (
        Word::Peak,
        "its_record its_maximum its_highest_level its_highest its_record_high its_all_time_high peaked peak highest_of_all_years its_peak",
    ),
    (
        Word::MoreThan,
        "more_than over above exceeded exceeds exceed exceeding surpassed surpasses surpass greater_than higher_than larger_than passed upwards_of beyond in_excess_of topped well_over just_over slightly_more_than",
    ),
    (
        Word::LessThan,
        "less_than fell_short_of falls_short_of did_not_reach didnt_reach does_not_reach has_not_reached have_not_reached did_not_hit did_not_attain under below fewer_than lower_than smaller_than short_of just_under",
    ),
    (Word::AtLeast, "at_least no_less_than not_less_than no_fewer_than minimum_of not_below"),
    (
        Word::AtMost,
        "at_most no_more_than not_more_than up_to not_above not_over maximum_of did_not_exceed does_not_exceed did_not_surpass",
    ),
    (Word::About, "about around approximately roughly some circa ca close_to near more_or_less in_the_order_of"),
    (Word::Nearly, "nearly almost just_about just_short_of"),
    (Word::OrMore, "or_more"),
    (Word::OrLess, "or_less or_fewer"),
    (Word::Not, "not no didnt doesnt wasnt isnt without hasnt havent werent neither cannot"),
    (Word::Went, "went went_from passed_from moved_from"),
    (
        Word::Was,
        "was were saw sees estimated found had has have is are been recorded registered reported there_was there_were there_is there_are holds contained counted measured stayed_at stayed did does do remained being covered covers occupied concentrated contains closed ended finished",
    ),
    (Word::Reach, "reached reaches reach hit totalled totaled amounted_to stood_at stands_at came_to attained"),
    (Word::Since, "since"),
    (Word::From, "from"),
    (Word::Of, "of"),
    (Word::To, "to"),
    (Word::By, "by"),
    (Word::Between, "between"),
    (Word::And, "and"),
    (Word::Together, "together combined taken_together added_together"),
    (
        Word::Than,
        "as_in than compared_with compared_to relative_to against versus vs over_the_figure_of with_respect_to as_against in_comparison_with that_of what_it_was_in",
    ),
    (Word::Share, "share accounts_for accounted_for concentrates proportion makes_up made_up represents represented"),
    (
        Word::Total,
        "total national_total of_the_national_total all_of_the national nationwide country_total all whole overall countrywide nationally",
    ),
    (Word::YearsBack(1), "last_year"),
    (Word::YearsBack(0), "this_year"),
    (
        Word::YearBefore,
        "the_previous_year previous_year the_year_before year_before a_year_earlier a_year_before year_on_year the_prior_year prior_year preceding_year the_preceding_year year_earlier a_year_ago one_year_earlier",
    ),
    (Word::Annual, "annual annually per_year a_year yearly each_year every_year"),
    (Word::Year, "year years"),
    (Word::Municipality, "municipality municipal"),
    (Word::Places, "municipalities departments provinces"),
    (Word::Only, "only just"),
    (Word::Department, "department province"),
    (Word::Country, "the_country country the_nation whole_country entire_country"),
    (Word::Hectares, "hectare hectares h"),
    (Word::Percent, "percent per_cent pct percentage"),
    (
        Word::Points,
        "percentage_points percentage_point percent_points percent_point per_cent_points pct_points points point",
    ),
    (Word::Kilograms, "kilogram kilograms kilogrammes"),
    (Word::Tonnes, "tonne tonnes ton tons metric_tons metric_tonnes"),
    (Word::Fold, "times fold times_as_much times_as_many times_as_large times_higher"),
    (
        Word::OtherUnit,
        "acres acre square square_kilometres square_kilometers plants plots pesos dollars people growers months month days decade decades centuries litres",
    ),
    (
        Word::Cause,
        "because because_of due_to thanks_to owing_to as_a_result_of as_a_result caused caused_by driven_by explained_by led_to after_the result_of so_that therefore hence in_response_to resulting_from attributable_to attributed_to explains thus reflecting as_a_consequence_of why consequence reason reasons following",
    ),
    (
        Word::Forecast,
        "will would next_year going_to forecast expected projected may might could should_reach is_likely_to likely predicted shall tomorrow future estimated_for soon",
    ),
    (
        Word::Opinion,
        "good bad worrying alarming failure failed success successful disaster terrible should must think believe best worst probably perhaps dangerous historic_success excellent wrong right fake lie lied unacceptable sadly unfortunately fortunately dramatic catastrophic mistake triumph claims allegedly",
    ),
    (
        Word::OtherSubject,
        "cocaine production cocaine_production potential_production yield yields price prices homicide homicides poppy opium marijuana cannabis deforestation forest families violence laboratories labs substitution fentanyl exports consumption productivity leaf coca_leaf_price income jobs displacement protests budget money population minefields heroin paste base cocaine_hydrochloride trafficking coffee cocoa hectares_of_forest interdiction water lots farms density productive gdp inflation workers votes mining gold",
    ),
    (
        Word::OtherPlace,
        "world globally worldwide global peru bolivia ecuador venezuela brazil mexico panama afghanistan region andean latin_america south_america andes border abroad international afghanistan europe",
    ),
    (
        Word::Region,
        "pacific pacific_region pacific_coast catatumbo amazon amazon_region orinoquia caribbean central_region bajo_cauca lower_cauca uraba magdalena_medio putumayo_caqueta the_south the_north south north east west southern northern eastern western rural parks park reserves enclaves reservations",
    ),
    (Word::Clause, "but whereas although though however nevertheless"),
    (
        Word::Unread,
        "average on_average mean first_time for_the_first_time consecutive in_a_row cumulative cumulatively accumulated in_total_since median per_hectare if whether unless only_if respectively each both twice as_many one_in_two one_in_three one_in_four one_in_five one_in_ten new when where who while net trend faster_than_ever never not_only compared_to_other every half_of_all_years or",
    ),
    (
        Word::Filler,
        "a an the it its this that these those which in on at as for with according_to figures figure census unodc_census according reported_by says said shows show data report the_report monitoring government official officially un united_nations colombian end december by_the_end_of at_the_close_of close_of at_the_end_of at_the_end as_of of_the_end 31_december level levels land under_coca under_cultivation under_coca_cultivation still also then so far fully historic number there value again coast_of size one a_total_of total_of a_figure_of an_area_of a_record_of place ministry defence defense of_defence of_defense police justice observatory surface covered_by coca_leaf_cultivation now during over_the_year compared in_the_year_of same that_is located lies had_been have_been has_been into year_of in_the_year the_year_of during_the_year amount comparison against_the_year published statistics record_books overall_area of_land of_coca_land territory history ever that_year",
    ),
];
