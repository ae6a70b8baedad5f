//! What lasts, what stands in a relationship to others of its kind, and what a thing with a value is.

use super::{check, grounds};

#[test]
fn a_state_is_what_the_model_says_of_rows_without_an_end() {
    let rows = [
        ("how many lorries are still in service", "count vehicles | where vehicles.retired_on empty 2026-11-20"),
        (
            "lorries in service on 30 June 2024",
            "list vehicles | by vehicles.vehicle_id, vehicles.plate, vehicles.bought_on, vehicles.retired_on | where vehicles.bought_on not empty 2024-07-01; vehicles.retired_on empty 2024-06-30",
        ),
        (
            "how many drivers did we have as of the end of 2024",
            "count drivers | where drivers.hired_on not empty 2025-01-01; drivers.left_on empty 2024-12-31",
        ),
        (
            "drivers still with us",
            "list drivers | by drivers.driver_id, drivers.driver_name, drivers.hired_on, drivers.left_on | where drivers.left_on empty 2026-11-20",
        ),
        (
            "how many open faults in 2025",
            "count faults | where faults.mended_on empty | in faults.found_on 2025-01-01..2026-01-01",
        ),
        (
            "rent as of 30 June 2024",
            "rent | where leases.valid_from not empty 2024-07-01; leases.valid_to empty 2024-06-30",
        ),
        // An end may be known before it comes.
        (
            "leases still valid",
            "list leases | by leases.lease_id, leases.valid_from, leases.valid_to | where leases.valid_from not empty 2026-11-21; leases.valid_to empty 2026-11-20",
        ),
        ("open faults as of 30 June 2025", "outside"),
        // What was done is no state of what it was done to.
        ("trips that are not retire", "outside"),
        // They were so then, and not what they are now.
        ("lorries in service in 2023", "unknown service"),
        ("how many lorries in service did we have in 2023", "outside"),
        ("how many drivers today", "outside"),
        // Paid or not, a trip was made; and what was hired by a day may have left since.
        (
            "trips as of 30 June 2024",
            "list trips | by trips.trip_id, trips.trip_date | in trips.trip_date …..2024-07-01",
        ),
        (
            "drivers hired as of 30 June 2024",
            "list drivers | by drivers.driver_id, drivers.driver_name, drivers.hired_on | in drivers.hired_on …..2024-07-01",
        ),
        // A status that is called so is the status.
        (
            "current leases",
            "list leases | by leases.lease_id, leases.valid_from, leases.state | where leases.state = current",
        ),
        (
            "leases that ended in 2025",
            "list leases | by leases.lease_id, leases.valid_from, leases.valid_to | in leases.valid_to 2025-01-01..2026-01-01",
        ),
        (
            "leases that run out in March 2027",
            "list leases | by leases.lease_id, leases.valid_from, leases.valid_to | in leases.valid_to 2027-03-01..2027-04-01",
        ),
        ("leases by end date", "count leases | by leases.valid_to"),
        // Those who are gone have made no trips since.
        ("driver with the fewest trips in 2025", "outside"),
        // No word for a state.
        ("lorries in repair", "unknown repair"),
    ];
    check(&grounds::fleet(), &[], &rows);
}

#[test]
fn things_are_told_by_whether_others_of_their_kind_lead_to_them() {
    let rows = [
        (
            "lorries that were never replaced",
            "list vehicles | by vehicles.vehicle_id, vehicles.plate, vehicles.bought_on | vehicles with count vehicles = 0",
        ),
        (
            "lorries that replaced another",
            "list vehicles | by vehicles.vehicle_id, vehicles.plate, vehicles.bought_on | where vehicles.replaces_id not empty",
        ),
        (
            "drivers who trained somebody",
            "list drivers | by drivers.driver_id, drivers.driver_name, drivers.hired_on | drivers with count drivers >= 1",
        ),
        (
            "drivers who trained nobody",
            "list drivers | by drivers.driver_id, drivers.driver_name, drivers.hired_on | drivers with count drivers = 0",
        ),
        ("how many drivers were not trained by anyone", "count drivers | where drivers.trainer_id empty"),
        (
            "which lorry replaced AB1",
            "list vehicles | by vehicles.vehicle_id, vehicles.plate, vehicles.bought_on | vehicles with count vehicles >= 1 (vehicles.plate = AB1)",
        ),
        (
            "lorries that were replaced by AB1",
            "list vehicles | by vehicles.vehicle_id, vehicles.plate, vehicles.bought_on | vehicles with count vehicles >= 1 (vehicles.plate = AB1)",
        ),
        (
            "who trained Ann Lee",
            "list drivers | by drivers.driver_id, drivers.driver_name, drivers.hired_on | drivers with count drivers >= 1 (drivers.driver_name = Ann Lee)",
        ),
        (
            "drivers who trained Ann Lee",
            "list drivers | by drivers.driver_id, drivers.driver_name, drivers.hired_on | drivers with count drivers >= 1 (drivers.driver_name = Ann Lee)",
        ),
        (
            "drivers who were trained by Ann Lee",
            "list drivers | by drivers.driver_id, drivers.driver_name, drivers.hired_on | drivers with count drivers >= 1 (drivers.driver_name = Ann Lee)",
        ),
        // Of whom, is not said; and of things of another kind nothing is.
        ("drivers who trained", "outside"),
        ("trips that were never replaced", "outside"),
        ("lorries that were never trained", "outside"),
    ];
    check(&grounds::fleet(), &[], &rows);
}

#[test]
fn superlatives_and_comparatives_are_of_what_is_called_so() {
    let rows = [
        (
            "heaviest Diesel",
            "list vehicles | by vehicles.weight, vehicles.vehicle_id, vehicles.plate, vehicles.bought_on, vehicles.fuel | where vehicles.fuel = Diesel | order d0 desc | limit 1",
        ),
        (
            "lorries heavier than 1000",
            "list vehicles | by vehicles.vehicle_id, vehicles.plate, vehicles.bought_on, vehicles.weight | where vehicles.weight > 1000",
        ),
        (
            "oldest driver",
            "list drivers | by drivers.born_on, drivers.driver_id, drivers.driver_name, drivers.hired_on | order d0 asc | limit 1",
        ),
        (
            "uninsured lorries",
            "list vehicles | by vehicles.vehicle_id, vehicles.plate, vehicles.bought_on, vehicles.insured | where vehicles.insured = No",
        ),
        ("how many insured lorries", "count vehicles | where vehicles.insured = Yes"),
        ("weight of insured and uninsured lorries", "unknown uninsured"),
        ("heaviest driver", "unknown heaviest"),
        (
            "heaviest Diesel lorries",
            "list vehicles | by vehicles.weight, vehicles.vehicle_id, vehicles.plate, vehicles.bought_on, vehicles.fuel | where vehicles.fuel = Diesel | order d0 desc | limit 10",
        ),
        (
            "faults nobody looks after",
            "list faults | by faults.fault_id, faults.found_on, faults.looked_into | where faults.looked_into empty",
        ),
        ("drivers nobody looks after", "unknown nobody"),
    ];
    check(&grounds::fleet(), &[], &rows);
    // Persons without a day of birth have no age; customers are as old as they are ours.
    check(
        &grounds::clubs(),
        &[],
        &[(
            "oldest member",
            "list members | by members.joined_on, members.member_id, members.full_name | order d0 asc | limit 1",
        )],
    );
    check(
        &grounds::retail(),
        &[],
        &[(
            "oldest customer",
            "list customers | by customers.signup_date, customers.customer_id, customers.customer_name | order d0 asc | limit 1",
        )],
    );
}
