//! A shop that never was: the sample database of `demo`, the same on every machine.

pub mod measured;

use std::path::Path;

use rusqlite::{Connection, Transaction, params};

const CUSTOMERS: i64 = 600;
const PRODUCTS: i64 = 80;
const ORDERS: i64 = 4_000;
/// The days of 2024 and 2025.
const DAYS: u64 = 731;

const SCHEMA: &str = r#"
CREATE TABLE regions ( -- Where the shop sells.
  region_id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE, -- As the sales team calls it.
  country TEXT NOT NULL -- Two letters.
);
CREATE TABLE customers ( -- Whoever has an account, one row each.
  customer_id INTEGER PRIMARY KEY,
  name TEXT NOT NULL, -- Full name.
  email TEXT NOT NULL UNIQUE,
  region_id INTEGER NOT NULL REFERENCES regions (region_id),
  segment TEXT NOT NULL, -- private, trade or club.
  since DATE NOT NULL -- Day of the first visit.
);
CREATE TABLE products ( -- What is on the shelf.
  product_id INTEGER PRIMARY KEY,
  sku VARCHAR(12) NOT NULL UNIQUE, -- As printed on the box.
  name TEXT NOT NULL,
  category TEXT NOT NULL,
  list_price DECIMAL(10, 2) NOT NULL, -- Before discounts, without tax.
  is_active BOOLEAN NOT NULL -- Still sold.
);
CREATE TABLE orders ( -- Orders, one row each.
  order_id INTEGER PRIMARY KEY,
  customer_id INTEGER NOT NULL REFERENCES customers (customer_id), -- Who ordered.
  ordered_on DATE NOT NULL, -- The day of the order.
  channel TEXT NOT NULL, -- web, app or store.
  status TEXT NOT NULL -- open, paid, sent, delivered or returned.
);
CREATE TABLE order_items ( -- What an order holds.
  order_id INTEGER NOT NULL REFERENCES orders (order_id),
  line INTEGER NOT NULL, -- From 1.
  product_id INTEGER NOT NULL REFERENCES products (product_id),
  quantity INTEGER NOT NULL, -- Pieces.
  net_amount DECIMAL(12, 2) NOT NULL, -- Of all pieces, after discounts, without tax.
  PRIMARY KEY (order_id, line)
);
CREATE TABLE payments ( -- Money that came in, or went back.
  payment_id INTEGER PRIMARY KEY,
  order_id INTEGER NOT NULL REFERENCES orders (order_id),
  paid_on DATE NOT NULL,
  method TEXT NOT NULL, -- card, transfer, invoice or wallet.
  amount DECIMAL(12, 2) NOT NULL -- Below zero where it was paid back.
);
CREATE TABLE shipments ( -- Parcels on their way.
  shipment_id INTEGER PRIMARY KEY,
  order_id INTEGER NOT NULL REFERENCES orders (order_id), -- What is in it.
  carrier TEXT NOT NULL,
  sent_on DATE NOT NULL, -- Left the house.
  delivered_on DATE -- Arrived; empty while it is on its way.
);
CREATE INDEX orders_by_customer ON orders (customer_id);
CREATE INDEX items_by_product ON order_items (product_id);
CREATE VIEW daily_sales AS
SELECT o.ordered_on, r.name AS region, p.category, SUM(i.quantity) AS pieces, SUM(i.net_amount) AS net_sales
FROM order_items i
JOIN orders o ON o.order_id = i.order_id
JOIN customers c ON c.customer_id = o.customer_id
JOIN regions r ON r.region_id = c.region_id
JOIN products p ON p.product_id = i.product_id
WHERE o.status <> 'returned'
GROUP BY o.ordered_on, r.name, p.category;
"#;

const REGIONS: &[(&str, &str)] =
    &[("North", "SE"), ("West", "NL"), ("Centre", "DE"), ("South", "IT"), ("East", "PL"), ("Islands", "IE")];
const FIRST_NAMES: &[&str] = &[
    "Ada", "Bruno", "Clara", "David", "Elif", "Filip", "Greta", "Hugo", "Ines", "Jan", "Katja", "Luis", "Mina", "Noah",
    "Olga", "Pavel", "Rosa", "Sven", "Tove", "Uma", "Vera", "Wim", "Yara", "Zeno",
];
const LAST_NAMES: &[&str] = &[
    "Abel", "Berg", "Costa", "Dahl", "Ek", "Fischer", "Greco", "Holm", "Ivanov", "Jansen", "Koch", "Lindt", "Moretti",
    "Nowak", "Olsen", "Peeters", "Quist", "Rossi", "Sand", "Toth", "Urban", "Vogel", "Weber", "Zeman",
];
/// Categories with a name for their things and what the dearest costs.
const CATEGORIES: &[(&str, &str, u64)] = &[
    ("Kitchen", "Pan", 90),
    ("Garden", "Spade", 60),
    ("Lighting", "Lamp", 140),
    ("Textiles", "Blanket", 110),
    ("Storage", "Basket", 45),
];
const QUALITIES: &[&str] = &["Plain", "Small", "Large", "Oak", "Steel", "Blue", "Folding", "Double"];
const CHANNELS: &[&str] = &["web", "web", "web", "app", "app", "store"];
const SEGMENTS: &[&str] = &["private", "private", "private", "club", "trade"];
const METHODS: &[&str] = &["card", "card", "wallet", "transfer", "invoice"];
const CARRIERS: &[&str] = &["Swift", "Heron", "Post"];

/// Makes the database in a new file.
pub fn make(file: &Path) -> rusqlite::Result<()> {
    let mut database = Connection::open(file)?;
    // It is thrown away with the process; nobody waits for the disk.
    database.pragma_update(None, "synchronous", "OFF")?;
    let transaction = database.transaction()?;
    transaction.execute_batch(SCHEMA)?;
    let mut dice = Dice(0x5eed);
    people(&transaction, &mut dice)?;
    let prices = products(&transaction, &mut dice)?;
    orders(&transaction, &mut dice, &prices)?;
    transaction.commit()
}

fn people(db: &Transaction<'_>, dice: &mut Dice) -> rusqlite::Result<()> {
    let mut region = db.prepare("INSERT INTO regions VALUES (?, ?, ?)")?;
    for (number, (name, country)) in (1_i64..).zip(REGIONS) {
        region.execute(params![number, name, country])?;
    }
    let mut customer = db.prepare("INSERT INTO customers VALUES (?, ?, ?, ?, ?, ?)")?;
    for number in 1..=CUSTOMERS {
        let (first, last) = (dice.of(FIRST_NAMES), dice.of(LAST_NAMES));
        let email = format!("{}.{}{number}@example.com", first.to_lowercase(), last.to_lowercase());
        // The first regions are the old ones, with more people.
        let region = 1 + dice.below(REGIONS.len() as u64).min(dice.below(REGIONS.len() as u64));
        let since = day(dice.below(DAYS));
        customer.execute(params![number, format!("{first} {last}"), email, region as i64, dice.of(SEGMENTS), since])?;
    }
    Ok(())
}

/// Answers the prices in cents.
fn products(db: &Transaction<'_>, dice: &mut Dice) -> rusqlite::Result<Vec<u64>> {
    let mut product = db.prepare("INSERT INTO products VALUES (?, ?, ?, ?, ?, ?)")?;
    let mut prices = Vec::new();
    for number in 1..=PRODUCTS {
        let (category, thing, most) = dice.of(CATEGORIES);
        let cents = 100 * (5 + dice.below(most)) + 95;
        let sku = format!("{}-{:04}", category[..3].to_uppercase(), 1_000 + number * 7);
        let name = format!("{} {thing} {number}", dice.of(QUALITIES));
        product.execute(params![number, sku, name, category, money(cents as i64), dice.below(10) > 0])?;
        prices.push(cents);
    }
    Ok(prices)
}

fn orders(db: &Transaction<'_>, dice: &mut Dice, prices: &[u64]) -> rusqlite::Result<()> {
    let mut order = db.prepare("INSERT INTO orders VALUES (?, ?, ?, ?, ?)")?;
    let mut item = db.prepare("INSERT INTO order_items VALUES (?, ?, ?, ?, ?)")?;
    let mut payment = db.prepare("INSERT INTO payments (order_id, paid_on, method, amount) VALUES (?, ?, ?, ?)")?;
    let mut shipment =
        db.prepare("INSERT INTO shipments (order_id, carrier, sent_on, delivered_on) VALUES (?, ?, ?, ?)")?;
    for number in 1..=ORDERS {
        // More orders in later months, and some customers who come again and again.
        let ordered = dice.below(DAYS).max(dice.below(DAYS));
        let customer = 1 + dice.below(CUSTOMERS as u64).min(dice.below(CUSTOMERS as u64));
        let is_recent = ordered + 10 >= DAYS;
        let status = match (is_recent, dice.below(20)) {
            (true, 0..=6) => "open",
            (true, 7..=12) => "paid",
            (true, _) => "sent",
            (false, 0) => "returned",
            (false, _) => "delivered",
        };
        order.execute(params![number, customer as i64, day(ordered), dice.of(CHANNELS), status])?;
        let mut sum = 0;
        for line in 1..=1 + dice.below(4).min(dice.below(4)) {
            let product = dice.below(prices.len() as u64);
            let (pieces, discount) = (1 + dice.below(3), [0, 0, 0, 5, 10, 20][dice.below(6) as usize]);
            let cents = prices[product as usize] * pieces * (100 - discount) / 100;
            item.execute(params![number, line as i64, 1 + product as i64, pieces as i64, money(cents as i64)])?;
            sum += cents as i64;
        }
        if status != "open" {
            let (method, paid) = (dice.of(METHODS), ordered + dice.below(3));
            payment.execute(params![number, day(paid), method, money(sum)])?;
            if status == "returned" {
                payment.execute(params![number, day(paid + 14), method, money(-sum)])?;
            }
        }
        if !matches!(status, "open" | "paid") {
            let sent = ordered + 1 + dice.below(3);
            let delivered = (status != "sent").then(|| day(sent + 1 + dice.below(6)));
            shipment.execute(params![number, dice.of(CARRIERS), day(sent), delivered])?;
        }
    }
    Ok(())
}

fn money(cents: i64) -> f64 {
    cents as f64 / 100.0
}

/// The day that comes so many days after the first of January 2024.
fn day(after: u64) -> String {
    const LENGTHS: [u64; 12] = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let (mut year, mut left) = (2024, after);
    loop {
        for (month, length) in (1..).zip(LENGTHS) {
            let length = length + u64::from(month == 2 && year % 4 == 0);
            if left < length {
                return format!("{year}-{month:02}-{:02}", left + 1);
            }
            left -= length;
        }
        year += 1;
    }
}

/// Numbers that look random and are the same each time (splitmix64).
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    fn of<T: Copy>(&mut self, list: &[T]) -> T {
        list[self.below(list.len() as u64) as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_the_same_each_time_and_fits_together() {
        let folder = std::env::temp_dir().join(format!("emporion-sample-{}", uuid::Uuid::new_v4().simple()));
        std::fs::create_dir(&folder).unwrap();
        let sums: Vec<(i64, f64)> = ["a", "b"]
            .iter()
            .map(|name| {
                let file = folder.join(name);
                make(&file).unwrap();
                let database = Connection::open(&file).unwrap();
                let broken = database.prepare("PRAGMA foreign_key_check").unwrap().exists([]).unwrap();
                assert!(!broken);
                database
                    .query_row("SELECT COUNT(*), SUM(net_amount) FROM order_items", [], |row| {
                        Ok((row.get(0)?, row.get(1)?))
                    })
                    .unwrap()
            })
            .collect();
        std::fs::remove_dir_all(&folder).unwrap();
        assert_eq!(sums[0], sums[1]);
        assert!(sums[0].0 > ORDERS && sums[0].1 > 0.0);
        assert_eq!((day(0), day(59), day(366)), ("2024-01-01".into(), "2024-02-29".into(), "2025-01-01".into()));
    }
}
