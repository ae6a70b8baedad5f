//! Abbreviations that columns and tables are named with, and what they stand for; those of names, with their points.

use super::{Kind, Phrases, Token};

const LONG: [(&str, &[&str]); 104] = [
    ("acct", &["account"]),
    ("act", &["actual"]),
    ("addr", &["address"]),
    ("adm", &["admission"]),
    ("amt", &["amount"]),
    ("appt", &["appointment"]),
    ("apt", &["appointment", "apartment"]),
    ("approx", &["approximate"]),
    ("attr", &["attribute"]),
    ("avg", &["average"]),
    ("bal", &["balance"]),
    ("biz", &["business"]),
    ("bldg", &["building"]),
    ("cat", &["category"]),
    ("cd", &["code"]),
    ("chg", &["charge", "change"]),
    ("clm", &["claim"]),
    ("cnt", &["count"]),
    ("cntry", &["country"]),
    ("co", &["company"]),
    ("comp", &["company"]),
    ("conf", &["confirmed"]),
    ("ctry", &["country"]),
    ("cur", &["currency", "current"]),
    ("curr", &["currency", "current"]),
    ("cust", &["customer"]),
    ("dept", &["department"]),
    ("desc", &["description"]),
    ("descr", &["description"]),
    ("dest", &["destination"]),
    ("diag", &["diagnosis"]),
    ("disc", &["discount"]),
    ("dist", &["district", "distance"]),
    ("dlvry", &["delivery"]),
    ("dob", &["date of birth", "birth date"]),
    ("doc", &["document"]),
    ("dt", &["date"]),
    ("dur", &["duration"]),
    ("eff", &["effective"]),
    ("emp", &["employee"]),
    ("env", &["environment"]),
    ("est", &["estimated"]),
    ("exp", &["expiry", "expiration", "expense"]),
    ("fname", &["first name"]),
    ("freq", &["frequency"]),
    ("geo", &["geography"]),
    ("grp", &["group"]),
    ("hosp", &["hospital"]),
    ("hrs", &["hour"]),
    ("ind", &["indicator"]),
    ("ins", &["insurance"]),
    ("inv", &["invoice", "inventory"]),
    ("lang", &["language"]),
    ("lname", &["last name"]),
    ("lnm", &["last name"]),
    ("loc", &["location"]),
    ("los", &["length of stay"]),
    ("lvl", &["level"]),
    ("max", &["maximum"]),
    ("med", &["medication"]),
    ("mfr", &["manufacturer"]),
    ("mgr", &["manager"]),
    ("min", &["minute", "minimum"]),
    ("mkt", &["market"]),
    ("mo", &["month"]),
    ("msg", &["message"]),
    ("mth", &["month"]),
    ("nbr", &["number"]),
    ("nm", &["name"]),
    ("no", &["number"]),
    ("num", &["number"]),
    ("ord", &["order"]),
    ("org", &["organization"]),
    ("orig", &["origin", "original"]),
    ("pat", &["patient"]),
    ("pct", &["percent", "percentage"]),
    ("phys", &["physician"]),
    ("pmt", &["payment"]),
    ("pos", &["position"]),
    ("prc", &["price"]),
    ("prev", &["previous"]),
    ("proc", &["procedure"]),
    ("prod", &["product"]),
    ("prov", &["provider", "province"]),
    ("pymt", &["payment"]),
    ("qty", &["quantity"]),
    ("ref", &["reference"]),
    ("reg", &["region", "registration"]),
    ("rep", &["representative"]),
    ("req", &["request"]),
    ("rx", &["prescription"]),
    ("sal", &["salary"]),
    ("shp", &["shipment"]),
    ("src", &["source"]),
    ("sts", &["status"]),
    ("subs", &["subscription"]),
    ("tel", &["telephone"]),
    ("tot", &["total"]),
    ("trx", &["transaction"]),
    ("txn", &["transaction"]),
    ("typ", &["type"]),
    ("usr", &["user"]),
    ("wh", &["warehouse"]),
    ("yr", &["year"]),
];

/// What a short form stands for, each possible reading; nothing for other words.
pub(in super::super) fn long_forms(word: &str) -> Vec<&'static str> {
    LONG.iter().find(|(short, _)| *short == word).map(|(_, long)| long.to_vec()).unwrap_or_default()
}

/// Words of names that people write with a point.
static POINTED: Phrases = Phrases::named("words.POINTED");

/// "Dr. Osborne", "St. Mary's": the point is of the word before it.
pub(super) fn pointed(tokens: Vec<Token>) -> Vec<Token> {
    let mut all: Vec<Token> = Vec::with_capacity(tokens.len());
    let mut tokens = tokens.into_iter().peekable();
    while let Some(token) = tokens.next() {
        let is_point = token.kind == Kind::Sign && token.text == "." && tokens.peek().is_some();
        match all.last_mut() {
            Some(before) if is_point && is_short(before) && before.to == token.from => before.to = token.to,
            _ => all.push(token),
        }
    }
    all
}

fn is_short(token: &Token) -> bool {
    token.kind == Kind::Word && POINTED.contains(&token.text.as_str())
}
