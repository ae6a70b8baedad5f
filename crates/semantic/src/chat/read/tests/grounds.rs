//! Three grounds that have nothing in common.

use serde_json::json;

use crate::chat::ground::{Additivity, Dataset, DatasetId, Field, FieldId, Ground, Join, Metric, Names, Type};
use crate::guard::{Dialect, TableName};
use crate::model::Granularity;

/// Builds a ground out of short lines.
#[derive(Default)]
pub(super) struct Builder(pub Ground);

fn names(name: &str, synonyms: &[&str]) -> Names {
    Names {
        name: name.to_owned(),
        synonyms: synonyms.iter().map(|word| (*word).to_owned()).collect(),
        ..Names::default()
    }
}

impl Builder {
    pub fn dataset(&mut self, name: &str, key: &str, synonyms: &[&str]) -> DatasetId {
        self.0.datasets.push(Dataset {
            names: names(name, synonyms),
            table: TableName { schema: None, name: name.to_owned() },
            dialect: Dialect::Sqlite,
            primary_key: vec![key.to_owned()],
            unique_keys: Vec::new(),
            default_time: None,
            source: 0,
            row_count: None,
            redacted: Vec::new(),
            masked: Vec::new(),
        });
        DatasetId(self.0.datasets.len() - 1)
    }

    pub fn field(&mut self, dataset: DatasetId, name: &str, ty: Type, synonyms: &[&str], values: &[&str]) -> FieldId {
        let is_key = name == "id" || name.ends_with("_id");
        self.0.fields.push(Field {
            dataset,
            names: names(name, synonyms),
            expression: name.to_owned(),
            ty,
            is_time: matches!(ty, Type::Date | Type::Timestamp),
            finest: Granularity::Day,
            is_key,
            is_enumerated: !values.is_empty(),
            values: values.iter().map(|value| json!(value)).collect(),
            value_synonyms: Vec::new(),
            unit: None,
            format: None,
        });
        FieldId(self.0.fields.len() - 1)
    }

    pub fn metric(&mut self, name: &str, expression: &str, dataset: DatasetId, synonyms: &[&str]) {
        let is_sum = expression.starts_with("SUM") || expression.starts_with("COUNT(*");
        self.0.metrics.push(Metric {
            names: names(name, synonyms),
            expression: expression.to_owned(),
            datasets: vec![dataset],
            additivity: if is_sum { Additivity::Additive } else { Additivity::NonAdditive },
            time: None,
            default_filters: Vec::new(),
            unit: None,
            format: None,
            is_proposal: false,
        });
    }

    pub fn join(&mut self, name: &str, from: DatasetId, to: DatasetId, on: (&str, &str), synonyms: &[&str]) {
        self.0.joins.push(Join {
            names: names(name, synonyms),
            from,
            to,
            on: vec![(on.0.to_owned(), on.1.to_owned())],
            is_one_to_one: false,
        });
    }
}

pub(in crate::chat) fn retail() -> Ground {
    let mut build = Builder::default();
    let customers = build.dataset("customers", "customer_id", &["client"]);
    let orders = build.dataset("orders", "order_id", &[]);
    let items = build.dataset("order_items", "item_id", &["line items"]);
    let products = build.dataset("products", "product_id", &[]);
    build.field(customers, "customer_id", Type::Number, &[], &[]);
    build.field(customers, "customer_name", Type::Text, &[], &[]);
    build.field(customers, "city", Type::Text, &[], &[]);
    build.field(customers, "state", Type::Text, &[], &["Georgia", "Texas", "Ohio"]);
    build.field(customers, "country", Type::Text, &[], &["Germany", "France", "Georgia", "US", "United Kingdom"]);
    build.field(customers, "region", Type::Text, &["area"], &["EU", "AMER", "APAC"]);
    let signup = build.field(customers, "signup_date", Type::Date, &[], &[]);
    build.field(customers, "is_active", Type::Boolean, &[], &[]);
    build.field(customers, "email_domain", Type::Text, &[], &[]);
    build.field(orders, "order_id", Type::Number, &[], &[]);
    build.field(orders, "customer_id", Type::Number, &[], &[]);
    let ordered = build.field(orders, "order_date", Type::Date, &[], &[]);
    build.field(orders, "ship_date", Type::Date, &[], &[]);
    let status = build.field(orders, "status", Type::Text, &[], &["paid", "pending", "cancelled", "returned"]);
    build.field(orders, "amount", Type::Number, &[], &[]);
    build.field(orders, "channel", Type::Text, &[], &["web", "store", "phone"]);
    build.field(items, "item_id", Type::Number, &[], &[]);
    build.field(items, "order_id", Type::Number, &[], &[]);
    build.field(items, "product_id", Type::Number, &[], &[]);
    build.field(items, "quantity", Type::Number, &[], &[]);
    build.field(products, "product_id", Type::Number, &[], &[]);
    build.field(products, "product_name", Type::Text, &[], &[]);
    build.field(products, "category", Type::Text, &[], &["Shoes", "Hats", "Coats"]);
    build.field(products, "price", Type::Number, &[], &[]);
    build.0.datasets[customers.0].default_time = Some(signup);
    build.0.datasets[orders.0].default_time = Some(ordered);
    build.0.fields[status.0].value_synonyms =
        vec![("returned".into(), vec!["returns".into()]), ("cancelled".into(), vec!["canceled".into()])];
    build.metric("net_sales", "SUM(orders.amount)", orders, &["revenue", "sales", "turnover"]);
    build.metric("order_count", "COUNT(orders.order_id)", orders, &[]);
    build.metric("units_sold", "SUM(order_items.quantity)", items, &["units"]);
    build.metric("average_order_value", "AVG(orders.amount)", orders, &["AOV"]);
    build.join("o2c", orders, customers, ("customer_id", "customer_id"), &["bought", "purchased"]);
    build.join("i2o", items, orders, ("order_id", "order_id"), &[]);
    build.join("i2p", items, products, ("product_id", "product_id"), &["sold"]);
    build.0.is_hand_made = true;
    build.0
}

/// No synonyms at all.
pub(in crate::chat) fn subscriptions() -> Ground {
    let mut build = Builder::default();
    let accounts = build.dataset("accounts", "id", &[]);
    let plans = build.dataset("plans", "id", &[]);
    let subscriptions = build.dataset("subscriptions", "id", &[]);
    let invoices = build.dataset("invoices", "id", &[]);
    build.field(accounts, "id", Type::Number, &[], &[]);
    build.field(accounts, "name", Type::Text, &[], &[]);
    build.field(accounts, "industry", Type::Text, &[], &["Finance", "Health", "Retail"]);
    build.field(accounts, "seats", Type::Number, &[], &[]);
    build.field(plans, "id", Type::Number, &[], &[]);
    build.field(plans, "plan_name", Type::Text, &[], &["Basic", "Pro", "Enterprise"]);
    build.field(plans, "monthly_price", Type::Number, &[], &[]);
    build.field(subscriptions, "id", Type::Number, &[], &[]);
    build.field(subscriptions, "account_id", Type::Number, &[], &[]);
    build.field(subscriptions, "plan_id", Type::Number, &[], &[]);
    build.field(subscriptions, "started_at", Type::Timestamp, &[], &[]);
    build.field(subscriptions, "cancelled_at", Type::Timestamp, &[], &[]);
    build.field(invoices, "id", Type::Number, &[], &[]);
    build.field(invoices, "subscription_id", Type::Number, &[], &[]);
    build.field(invoices, "issued_on", Type::Date, &[], &[]);
    build.field(invoices, "total", Type::Number, &[], &[]);
    build.field(invoices, "tax", Type::Number, &[], &[]);
    build.metric("mrr", "SUM(plans.monthly_price)", subscriptions, &[]);
    build.join("s2a", subscriptions, accounts, ("account_id", "id"), &[]);
    build.join("s2p", subscriptions, plans, ("plan_id", "id"), &[]);
    build.join("i2s", invoices, subscriptions, ("subscription_id", "id"), &[]);
    build.0.is_hand_made = true;
    build.0
}

pub(in crate::chat) fn hospital() -> Ground {
    let mut build = Builder::default();
    let patients = build.dataset("patients", "patient_id", &[]);
    let doctors = build.dataset("doctors", "doctor_id", &["physician"]);
    let visits = build.dataset("visits", "visit_id", &["admission", "stay"]);
    build.field(patients, "patient_id", Type::Number, &[], &[]);
    build.field(patients, "gender", Type::Text, &[], &["male", "female"]);
    build.field(patients, "age", Type::Number, &[], &[]);
    build.field(patients, "blood_type", Type::Text, &[], &["A", "B", "AB", "O"]);
    build.field(doctors, "doctor_id", Type::Number, &[], &[]);
    build.field(doctors, "full_name", Type::Text, &[], &[]);
    build.field(doctors, "specialty", Type::Text, &["speciality"], &["Cardiology", "Oncology", "Pediatrics"]);
    build.field(visits, "visit_id", Type::Number, &[], &[]);
    build.field(visits, "patient_id", Type::Number, &[], &[]);
    build.field(visits, "doctor_id", Type::Number, &[], &[]);
    let admitted = build.field(visits, "admitted_on", Type::Date, &[], &[]);
    build.field(visits, "discharged_on", Type::Date, &[], &[]);
    build.field(visits, "length_of_stay", Type::Number, &[], &[]);
    build.field(visits, "ward", Type::Text, &[], &["ICU", "Surgery", "Maternity"]);
    build.field(visits, "cost", Type::Number, &[], &[]);
    build.field(visits, "emergency", Type::Boolean, &[], &[]);
    build.0.datasets[visits.0].default_time = Some(admitted);
    build.join("v2p", visits, patients, ("patient_id", "patient_id"), &[]);
    build.join("v2d", visits, doctors, ("doctor_id", "doctor_id"), &["treated by"]);
    build.0.is_hand_made = true;
    build.0.calendar.fiscal_start = 7;
    build.0
}

/// Lines without a time of their own, two facts, and people who stand in two roles.
pub(in crate::chat) fn market() -> Ground {
    let mut build = Builder::default();
    let orders = build.dataset("orders", "order_id", &["purchases"]);
    let lines = build.dataset("order_lines", "line_id", &[]);
    let products = build.dataset("products", "product_id", &[]);
    let returns = build.dataset("returns", "return_id", &[]);
    let customers = build.dataset("customers", "customer_id", &[]);
    let people = build.dataset("people", "person_id", &["staff"]);
    build.field(orders, "order_id", Type::Number, &[], &[]);
    let ordered = build.field(orders, "ordered_on", Type::Date, &[], &[]);
    build.field(orders, "shipped_on", Type::Date, &[], &[]);
    build.field(orders, "channel", Type::Text, &[], &["web", "shop"]);
    build.field(lines, "line_id", Type::Number, &[], &[]);
    build.field(lines, "amount", Type::Number, &[], &[]);
    build.field(products, "product_id", Type::Number, &[], &[]);
    build.field(products, "brand", Type::Text, &[], &["Alpina", "Velox"]);
    build.field(products, "launched_on", Type::Date, &[], &[]);
    build.field(returns, "return_id", Type::Number, &[], &[]);
    build.field(returns, "requested_on", Type::Date, &[], &[]);
    build.field(returns, "refunded_on", Type::Date, &[], &[]);
    build.field(returns, "refund", Type::Number, &[], &[]);
    build.field(customers, "customer_id", Type::Number, &[], &[]);
    build.field(customers, "membership", Type::Text, &[], &["subscriber", "guest"]);
    build.field(people, "person_id", Type::Number, &[], &[]);
    build.field(people, "team", Type::Text, &[], &["Inside", "Field"]);
    build.0.datasets[orders.0].default_time = Some(ordered);
    build.metric("revenue", "SUM(order_lines.amount)", lines, &["net revenue"]);
    build.metric("refunds", "SUM(returns.refund)", returns, &[]);
    build.metric("order_count", "COUNT(DISTINCT orders.order_id)", orders, &["orders"]);
    build.metric("unique_customers", "COUNT(DISTINCT orders.customer_id)", orders, &[]);
    build.join("line_order", lines, orders, ("order_id", "order_id"), &[]);
    build.join("line_product", lines, products, ("product_id", "product_id"), &[]);
    build.join("return_order", returns, orders, ("order_id", "order_id"), &[]);
    build.join("order_customer", orders, customers, ("customer_id", "customer_id"), &[]);
    build.join("order_seller", orders, people, ("seller_id", "person_id"), &["sold by"]);
    build.join("account_manager", customers, people, ("manager_id", "person_id"), &[]);
    build.0.is_hand_made = true;
    build.0
}

/// Clubs that members belong to, and clubs that they visit; relationships named by what is done.
pub(in crate::chat) fn clubs() -> Ground {
    let mut build = Builder::default();
    let clubs = build.dataset("clubs", "club_id", &["gym"]);
    let members = build.dataset("members", "member_id", &[]);
    let subscriptions = build.dataset("subscriptions", "subscription_id", &[]);
    let payments = build.dataset("payments", "payment_id", &[]);
    let visits = build.dataset("visits", "visit_id", &["check-in"]);
    build.field(clubs, "club_id", Type::Number, &[], &[]);
    build.field(clubs, "club_name", Type::Text, &[], &["Mitte", "Isar", "Harbour"]);
    build.field(clubs, "city", Type::Text, &[], &["Berlin", "Munich", "Hamburg"]);
    build.field(members, "member_id", Type::Number, &[], &[]);
    build.field(members, "full_name", Type::Text, &[], &[]);
    let joined = build.field(members, "joined_on", Type::Date, &[], &[]);
    build.field(subscriptions, "subscription_id", Type::Number, &[], &[]);
    let started = build.field(subscriptions, "started_on", Type::Date, &[], &[]);
    build.field(subscriptions, "ended_on", Type::Date, &[], &[]);
    let status = build.field(subscriptions, "status", Type::Text, &[], &["active", "cancelled", "paused"]);
    build.field(payments, "payment_id", Type::Number, &[], &[]);
    build.field(payments, "paid_on", Type::Date, &[], &[]);
    build.field(payments, "amount", Type::Number, &[], &[]);
    build.field(payments, "method", Type::Text, &[], &["card", "cash"]);
    build.field(visits, "visit_id", Type::Number, &[], &[]);
    build.field(visits, "checked_in_at", Type::Timestamp, &[], &[]);
    build.0.datasets[members.0].default_time = Some(joined);
    build.0.datasets[subscriptions.0].default_time = Some(started);
    build.0.fields[status.0].value_synonyms = vec![("cancelled".into(), vec!["terminated".into()])];
    build.metric("revenue", "SUM(payments.amount)", payments, &["turnover"]);
    build.join("home_club", members, clubs, ("home_club_id", "club_id"), &[]);
    build.join("subscribed_by", subscriptions, members, ("member_id", "member_id"), &["subscribed"]);
    build.join("paid_by", payments, members, ("member_id", "member_id"), &["paid"]);
    build.join("visit_by", visits, members, ("member_id", "member_id"), &["visited"]);
    build.join("visit_at", visits, clubs, ("club_id", "club_id"), &[]);
    build.0.is_hand_made = true;
    build.0
}

/// Things that stay, what happens to them, figures that hold a condition, and a field that is called as a month is.
pub(in crate::chat) fn lifts() -> Ground {
    let mut build = Builder::default();
    let houses = build.dataset("houses", "house_id", &[]);
    let lifts = build.dataset("lifts", "lift_id", &[]);
    let faults = build.dataset("faults", "fault_id", &[]);
    let readings = build.dataset("readings", "reading_id", &[]);
    build.field(houses, "house_id", Type::Number, &[], &[]);
    build.field(houses, "house_name", Type::Text, &[], &[]);
    build.field(houses, "district", Type::Text, &[], &["North", "South"]);
    build.field(lifts, "lift_id", Type::Number, &[], &[]);
    build.field(lifts, "stops", Type::Number, &[], &[]);
    build.field(lifts, "drive", Type::Text, &[], &["hydraulic", "traction"]);
    let installed = build.field(lifts, "installed_on", Type::Date, &[], &[]);
    build.field(faults, "fault_id", Type::Number, &[], &[]);
    build.field(faults, "severity", Type::Text, &[], &["urgent", "minor"]);
    build.field(faults, "cost", Type::Number, &[], &[]);
    build.field(faults, "cause", Type::Text, &[], &["door", "motor"]);
    let reported = build.field(faults, "reported_on", Type::Date, &[], &[]);
    let mended = build.field(faults, "mended_on", Type::Date, &[], &[]);
    let state = build.field(faults, "state", Type::Text, &[], &["open", "settled"]);
    build.field(readings, "reading_id", Type::Number, &[], &[]);
    build.field(readings, "power", Type::Number, &[], &[]);
    let read = build.field(readings, "read_on", Type::Date, &["month"], &[]);
    build.0.fields[mended.0].expression = "\"mended_on\"".to_owned();
    build.0.fields[state.0].expression = "CASE WHEN \"mended_on\" IS NULL THEN 'open' ELSE 'settled' END".to_owned();
    let times = [(lifts, installed), (faults, reported), (readings, read)];
    times.into_iter().for_each(|(of, time)| build.0.datasets[of.0].default_time = Some(time));
    let urgent = "COUNT(DISTINCT CASE WHEN faults.severity = 'urgent' THEN faults.fault_id END)";
    build.metric("urgent_faults", urgent, faults, &[]);
    build.metric("unmended_cost", "SUM(CASE WHEN faults.mended_on IS NULL THEN faults.cost ELSE 0 END)", faults, &[]);
    let rate = "SUM(CASE WHEN faults.cause = 'door' THEN 1 ELSE 0 END) * 1.0 / COUNT(faults.cause)";
    build.metric("door_rate", rate, faults, &[]);
    build.metric("mean_power", "AVG(readings.power)", readings, &["load"]);
    build.join("lift_house", lifts, houses, ("site", "house_id"), &[]);
    build.join("fault_lift", faults, lifts, ("lift_id", "lift_id"), &[]);
    build.join("reading_lift", readings, lifts, ("lift_id", "lift_id"), &[]);
    build.0.is_hand_made = true;
    build.0
}

/// Things that begin and end, and relationships of things with themselves, as their descriptions and synonyms tell.
pub(in crate::chat) fn fleet() -> Ground {
    let mut build = Builder::default();
    let vehicles = build.dataset("vehicles", "vehicle_id", &["lorries"]);
    let drivers = build.dataset("drivers", "driver_id", &[]);
    let trips = build.dataset("trips", "trip_id", &[]);
    let leases = build.dataset("leases", "lease_id", &[]);
    let faults = build.dataset("faults", "fault_id", &[]);
    build.field(vehicles, "vehicle_id", Type::Number, &[], &[]);
    build.field(vehicles, "plate", Type::Text, &[], &["AB1", "CD2"]);
    build.field(vehicles, "fuel", Type::Text, &[], &["Diesel", "Gas"]);
    build.field(vehicles, "weight", Type::Number, &[], &[]);
    build.field(vehicles, "insured", Type::Text, &[], &["Yes", "No"]);
    build.field(vehicles, "replaces_id", Type::Number, &[], &[]);
    let bought = build.field(vehicles, "bought_on", Type::Date, &[], &[]);
    let retired = build.field(vehicles, "retired_on", Type::Date, &[], &[]);
    build.field(drivers, "driver_id", Type::Number, &[], &[]);
    build.field(drivers, "driver_name", Type::Text, &[], &["Ann Lee", "Bo Moss"]);
    build.field(drivers, "trainer_id", Type::Number, &[], &[]);
    build.field(drivers, "born_on", Type::Date, &[], &[]);
    let hired = build.field(drivers, "hired_on", Type::Date, &[], &[]);
    let left = build.field(drivers, "left_on", Type::Date, &[], &[]);
    build.field(trips, "trip_id", Type::Number, &[], &[]);
    let driven = build.field(trips, "trip_date", Type::Date, &[], &[]);
    let paid = build.field(trips, "paid_on", Type::Date, &[], &[]);
    build.field(leases, "lease_id", Type::Number, &[], &[]);
    build.field(leases, "state", Type::Text, &[], &["current", "given up"]);
    let from = build.field(leases, "valid_from", Type::Date, &[], &[]);
    let to = build.field(leases, "valid_to", Type::Date, &[], &[]);
    build.field(faults, "fault_id", Type::Number, &[], &[]);
    build.field(faults, "looked_into", Type::Text, &["looked after by"], &[]);
    let found = build.field(faults, "found_on", Type::Date, &[], &[]);
    let mended = build.field(faults, "mended_on", Type::Date, &[], &[]);
    let times = [(vehicles, bought), (drivers, hired), (trips, driven), (leases, from), (faults, found)];
    times.into_iter().for_each(|(of, time)| build.0.datasets[of.0].default_time = Some(time));
    let said = [
        (retired, "Empty for lorries in service"),
        (left, "Last day, empty while employed"),
        (paid, "Empty until it is paid"),
        (to, "Empty for the current lease, or where no end is agreed"),
        (mended, "Empty for open faults"),
    ];
    said.into_iter().for_each(|(id, said)| build.0.fields[id.0].names.description = Some(said.to_owned()));
    build.metric("rent", "SUM(leases.rent)", leases, &[]);
    build.join("trip_vehicle", trips, vehicles, ("vehicle_id", "vehicle_id"), &[]);
    build.join("trip_driver", trips, drivers, ("driver_id", "driver_id"), &["driven by"]);
    build.join("lease_vehicle", leases, vehicles, ("vehicle_id", "vehicle_id"), &[]);
    build.join("fault_vehicle", faults, vehicles, ("vehicle_id", "vehicle_id"), &[]);
    build.join("successor", vehicles, vehicles, ("replaces_id", "vehicle_id"), &["replaces", "replaced"]);
    build.join("training", drivers, drivers, ("trainer_id", "driver_id"), &["trained by"]);
    build.0.is_hand_made = true;
    build.0
}
