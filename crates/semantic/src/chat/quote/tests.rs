use super::*;

fn titled(names: &[(&str, &[&str])]) -> Vec<Titled> {
    let of = |(at, (name, tags)): (usize, &(&str, &[&str]))| Titled {
        id: at.to_string(),
        name: (*name).to_owned(),
        tags: tags.iter().map(|tag| (*tag).to_owned()).collect(),
    };
    names.iter().enumerate().map(of).collect()
}

fn shelf() -> Vec<Titled> {
    titled(&[
        ("returns-policy.md", &[]),
        ("Employee handbook.pdf", &["staff"]),
        ("Contract 2025", &[]),
        ("Contract 2026", &[]),
    ])
}

#[track_caller]
fn asked(question: &str) -> (Vec<usize>, String) {
    match about(question, &shelf(), None, &[]) {
        Some(About::Documents { documents, topic, .. }) => {
            (documents, topic.terms.iter().map(|term| term.lemma.as_str()).collect::<Vec<_>>().join(" "))
        }
        other => panic!("{question}: {other:?}"),
    }
}

#[test]
fn questions_about_documents_are_known_by_their_form() {
    let policy: &[(&str, &str)] = &[
        ("What does the returns policy say about damaged goods?", "damaged good"),
        ("what does our return policy state regarding damaged goods", "damaged good"),
        ("Can you tell me what the returns policy says about damaged goods, please?", "damaged good"),
        ("According to the returns policy, who pays for damaged goods?", "pay damaged good"),
        ("who pays for damaged goods according to the returns policy", "pay damaged good"),
        ("is there anything on damaged goods in the returns policy?", "damaged good"),
        ("Is there a passage in the returns policy about damaged goods", "damaged good"),
        ("does the returns policy mention damaged goods?", "damaged good"),
        ("Does the returns policy say anything about damaged goods?", "damaged good"),
        ("what is said about damaged goods in the returns policy", "damaged good"),
        ("where does the returns policy mention damaged goods?", "damaged good"),
        ("are damaged goods mentioned in the returns policy?", "damaged good"),
        ("quote the returns policy on damaged goods", "damaged good"),
        ("search the returns policy for damaged goods", "damaged good"),
    ];
    for (question, topic) in policy {
        assert_eq!(asked(question), (vec![0], (*topic).to_owned()), "{question}");
    }
    assert_eq!(asked("what does the staff handbook say about leave"), (vec![1], "leave".into()));
    assert_eq!(asked("what does \u{201c}Contract 2026\u{201d} say about leave"), (vec![3], "leave".into()));
    assert_eq!(asked("what does \"returns-policy.md\" say about leave"), (vec![0], "leave".into()));
    assert_eq!(asked("what do the documents say about leave"), (vec![0, 1, 2, 3], "leave".into()));
    assert_eq!(asked("which document mentions leave?"), (vec![0, 1, 2, 3], "leave".into()));
    assert_eq!(asked("what do the contracts say about leave"), (vec![2, 3], "leave".into()));
    assert_eq!(asked("what does contract 2026 say about leave"), (vec![3], "leave".into()));
    assert_eq!(asked("anything on damage in transit in the returns policy?"), (vec![0], "damage transit".into()));
}

#[test]
fn figures_are_no_questions_about_documents() {
    for question in [
        "revenue in contract 2026",
        "number of returns by policy",
        "how many contracts were signed in 2026",
        "top 3 policies by revenue",
        "what is the revenue of the returns policy",
        "what about late returns?",
    ] {
        assert_eq!(about(question, &shelf(), None, &[]), None, "{question}");
    }
    assert_eq!(
        about("what does the travel policy say about trains", &shelf(), None, &[]),
        Some(About::Unnamed("the travel policy".into()))
    );
}

#[test]
fn a_name_of_several_is_asked_back_and_the_choice_counts() {
    let question = "what does the contract say about leave";
    match about(question, &shelf(), None, &[]) {
        Some(About::Which { named, documents, .. }) => {
            assert_eq!((named.as_str(), documents), ("the contract", vec![2, 3]))
        }
        other => panic!("{other:?}"),
    }
    match about(question, &shelf(), None, &["3"]) {
        Some(About::Documents { documents, .. }) => assert_eq!(documents, vec![3]),
        other => panic!("{other:?}"),
    }
    // A name that is one document's whole name is that one's.
    let shelf = titled(&[("Returns policy", &[]), ("Returns policy for partners", &[])]);
    match about("what does the returns policy say about leave", &shelf, None, &[]) {
        Some(About::Documents { documents, .. }) => assert_eq!(documents, vec![0]),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_question_goes_on_with_the_documents_before() {
    let last = Last { documents: vec!["0".into()], topic: "damaged goods".into() };
    let follow = |question: &str| match about(question, &shelf(), Some(&last), &[]) {
        Some(About::Documents { documents, topic, .. }) => (documents, topic.text),
        other => panic!("{question}: {other:?}"),
    };
    assert_eq!(follow("and about late returns?"), (vec![0], "late returns".into()));
    assert_eq!(follow("what about late returns?"), (vec![0], "late returns".into()));
    assert_eq!(follow("what does it say about late returns?"), (vec![0], "late returns".into()));
    assert_eq!(follow("and in the handbook?"), (vec![1], "damaged goods".into()));
    assert_eq!(follow("and about leave in the handbook?"), (vec![1], "leave".into()));
    assert_eq!(follow("and in the handbook about leave?"), (vec![1], "leave".into()));
    assert_eq!(about("number of orders by region", &shelf(), Some(&last), &[]), None);
}

fn indexed(passages: &[(&str, &str)]) -> Indexed {
    let of = |(heading, text): &(&str, &str)| Passage {
        text: (*text).to_owned(),
        heading: Some((*heading).to_owned()).filter(|heading| !heading.is_empty()),
        page: None,
    };
    Indexed::of(passages.iter().map(of).collect())
}

#[test]
fn only_passages_with_every_word_are_quoted() {
    let policy = indexed(&[
        ("Damaged goods", "Send them back within 30 days."),
        ("Late returns", "Goods that come late are not taken back, unless they are damaged."),
        ("", "We sell chairs."),
    ]);
    let found = |topic: &str| search(&[&policy], &Topic::of(topic));
    let quotes = |found: Found| match found {
        Found::Quotes(quotes) => quotes.iter().map(|quote| (quote.passage, quote.is_varied)).collect::<Vec<_>>(),
        Found::Nothing { .. } => Vec::new(),
    };
    assert_eq!(quotes(found("the damaged goods")), [(0, false), (1, false)]);
    assert_eq!(quotes(found("returning late goods")), [(1, true)]);
    assert_eq!(quotes(found("30 days")), [(0, false)]);
    assert_eq!(quotes(found("\"damaged goods\"")), [(0, false)]);
    assert_eq!(quotes(found("31 days")), []);
    let nothing = Found::Nothing {
        nowhere: vec!["unicorns".into()],
        headings: vec![(0, "Damaged goods".into()), (0, "Late returns".into())],
    };
    assert_eq!(found("damaged unicorns"), nothing);
    assert_eq!(
        found("chairs and 30 days"),
        Found::Nothing { nowhere: vec![], headings: vec![(0, "Damaged goods".into())] }
    );
    assert_eq!(quotes(found("about the")), []);
}

#[test]
fn the_most_telling_passage_comes_first_and_no_more_than_three() {
    let text = |n: usize| format!("{} shipping", "other words ".repeat(n));
    let long: Vec<String> = (0..5).map(|n| text(5 - n)).collect();
    let passages: Vec<(&str, &str)> = long.iter().map(|text| ("", text.as_str())).collect();
    match search(&[&indexed(&passages)], &Topic::of("shipping")) {
        Found::Quotes(quotes) => assert_eq!(quotes.iter().map(|quote| quote.passage).collect::<Vec<_>>(), [4, 3, 2]),
        other => panic!("{other:?}"),
    }
}
