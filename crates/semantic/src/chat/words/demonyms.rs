//! How things of countries are called: "Swiss towns", "Austrian customers".

const DEMONYMS: [(&str, &[&str]); 43] = [
    ("argentina", &["argentinian", "argentine"]),
    ("australia", &["australian"]),
    ("austria", &["austrian"]),
    ("belgium", &["belgian"]),
    ("brazil", &["brazilian"]),
    ("bulgaria", &["bulgarian"]),
    ("canada", &["canadian"]),
    ("chile", &["chilean"]),
    ("china", &["chinese"]),
    ("croatia", &["croatian"]),
    ("czech republic", &["czech"]),
    ("czechia", &["czech"]),
    ("denmark", &["danish"]),
    ("egypt", &["egyptian"]),
    ("estonia", &["estonian"]),
    ("finland", &["finnish"]),
    ("france", &["french"]),
    ("germany", &["german"]),
    ("greece", &["greek"]),
    ("hungary", &["hungarian"]),
    ("iceland", &["icelandic"]),
    ("india", &["indian"]),
    ("ireland", &["irish"]),
    ("israel", &["israeli"]),
    ("italy", &["italian"]),
    ("japan", &["japanese"]),
    ("kenya", &["kenyan"]),
    ("latvia", &["latvian"]),
    ("lithuania", &["lithuanian"]),
    ("mexico", &["mexican"]),
    ("netherlands", &["dutch"]),
    ("nigeria", &["nigerian"]),
    ("norway", &["norwegian"]),
    ("poland", &["polish"]),
    ("portugal", &["portuguese"]),
    ("romania", &["romanian"]),
    ("slovakia", &["slovak"]),
    ("slovenia", &["slovenian"]),
    ("south africa", &["south african"]),
    ("spain", &["spanish"]),
    ("sweden", &["swedish"]),
    ("switzerland", &["swiss"]),
    ("turkey", &["turkish"]),
];

/// What is of the country that is called so.
pub(in super::super) fn demonyms(country: &str) -> &'static [&'static str] {
    DEMONYMS.iter().find(|(name, _)| *name == country).map_or(&[], |(_, words)| words)
}

/// The country of which something is, where one alone is called so: "Greek".
pub(in super::super) fn country_of(demonym: &str) -> Option<&'static str> {
    let mut countries = DEMONYMS.iter().filter(|(_, words)| words.contains(&demonym)).map(|(name, _)| *name);
    countries.next().filter(|_| countries.next().is_none())
}
