//! Events in the words of chat services: what their incoming webhooks take. Names and words of people stand in it as text,
//! whatever marks they hold.

use std::borrow::Cow;

use serde_json::{Value, json};

/// In which form a destination takes events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// As the event itself.
    Event,
    Slack,
    MsTeams,
    GChat,
}

/// Members of a change that are named; of more it is said how many.
const MOST_NAMED: usize = 10;
/// Bytes of a message's words, as they are sent: Slack takes 40,000 characters, Teams 28 kB with all that is around them.
const MOST_BYTES: usize = 20_000;
/// Characters of a name; FQNs can be longer than what a service takes.
const MOST_CHARACTERS: usize = 500;

impl Form {
    /// That of a type of destinations; `None` where nothing can be sent to one.
    pub fn of(kind: &str) -> Option<Form> {
        match kind {
            "Webhook" => Some(Form::Event),
            "Slack" => Some(Form::Slack),
            "MsTeams" => Some(Form::MsTeams),
            "GChat" => Some(Form::GChat),
            _ => None,
        }
    }

    /// An event in this form.
    pub fn message(self, event: Value) -> Value {
        if self == Form::Event {
            return event;
        }
        self.words(&sentence(&event))
    }

    /// Words in this form: as many lines as every service takes.
    pub fn words(self, words: &str) -> Value {
        let words = &*cut(words);
        match self {
            Form::Event => json!({"text": words}),
            Form::Slack => json!({"text": escaped(words), "mrkdwn": false}),
            // Rich text knows no marks.
            Form::MsTeams => json!({
                "type": "message",
                "attachments": [{
                    "contentType": "application/vnd.microsoft.card.adaptive",
                    "content": {
                        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
                        "type": "AdaptiveCard",
                        "version": "1.2",
                        "body": [{"type": "RichTextBlock", "inlines": [{"type": "TextRun", "text": words}]}],
                    },
                }],
            }),
            Form::GChat => json!({
                "cardsV2": [{
                    "cardId": "event",
                    "card": {"sections": [{"widgets": [{"textParagraph": {"text": escaped(words)}}]}]},
                }],
            }),
        }
    }
}

/// Who did what: `alice updated table pg.db.public.orders: description, tags`.
fn sentence(event: &Value) -> String {
    let text = |member: &str| shortened(event[member].as_str().unwrap_or_default());
    let verb = match event["eventType"].as_str().unwrap_or_default() {
        "entityCreated" => "created",
        "entityUpdated" => "updated",
        "entityRestored" => "restored",
        "entitySoftDeleted" | "entityDeleted" => "deleted",
        "threadCreated" => "asked for access:",
        "taskResolved" => "granted access:",
        "taskClosed" => "closed a request for access:",
        other => other,
    };
    let changed: Vec<&str> = ["fieldsAdded", "fieldsUpdated", "fieldsDeleted"]
        .iter()
        .filter_map(|list| event["changeDescription"][list].as_array())
        .flatten()
        .filter_map(|field| field["name"].as_str())
        .collect();
    let what = if event["entityType"] == "THREAD" { String::new() } else { format!("{} ", text("entityType")) };
    let mut sentence = format!("{} {verb} {what}{}", text("userName"), text("entityFullyQualifiedName"));
    if !changed.is_empty() {
        let named: Vec<String> = changed.iter().take(MOST_NAMED).map(|name| shortened(name)).collect();
        sentence.push_str(&format!(": {}", named.join(", ")));
        if changed.len() > MOST_NAMED {
            sentence.push_str(&format!(" and {} more", changed.len() - MOST_NAMED));
        }
    }
    sentence
}

/// As many whole lines as a message may hold.
fn cut(words: &str) -> Cow<'_, str> {
    let mut room = MOST_BYTES;
    let mut end = 0;
    for line in words.split_inclusive('\n') {
        let needs = Value::from(escaped(line)).to_string().len();
        let Some(left) = room.checked_sub(needs) else {
            // A first line that is too long itself is none of these messages'.
            return format!("{}…", &words[..end]).into();
        };
        (room, end) = (left, end + line.len());
    }
    words.into()
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(MOST_CHARACTERS) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}

/// What would begin a link, a mention or a tag.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event() -> Value {
        json!({
            "eventType": "entityUpdated", "entityType": "table", "entityFullyQualifiedName": "pg.db.sc.<!channel>",
            "userName": "alice & bob",
            "changeDescription": {"fieldsAdded": [{"name": "tags"}], "fieldsUpdated": [{"name": "description"}]},
        })
    }

    #[test]
    fn an_event_is_told_in_a_sentence() {
        let words = "alice & bob updated table pg.db.sc.<!channel>: tags, description";
        assert_eq!(sentence(&event()), words);
        let escaped = "alice &amp; bob updated table pg.db.sc.&lt;!channel&gt;: tags, description";
        assert_eq!(Form::Slack.message(event())["text"], escaped);
        let card = &Form::GChat.message(event())["cardsV2"][0]["card"];
        assert_eq!(card["sections"][0]["widgets"][0]["textParagraph"]["text"], escaped);
        let card = &Form::MsTeams.message(event())["attachments"][0]["content"];
        assert_eq!(card["body"][0]["inlines"][0]["text"], words);
        assert_eq!(Form::Event.message(event()), event());
    }

    #[test]
    fn a_message_stays_short() {
        let fields: Vec<Value> = (0..30).map(|n| json!({"name": format!("columns.c{n}")})).collect();
        let mut long = event();
        long["entityFullyQualifiedName"] = "é".repeat(3_000).into();
        long["changeDescription"] = json!({"fieldsAdded": fields});
        let told = sentence(&long);
        assert!(told.ends_with("columns.c9 and 20 more") && told.chars().count() < 800, "{told}");
    }

    #[test]
    fn a_message_is_cut_behind_a_line() {
        let line = format!("- <{}>\n", "ä\"&".repeat(60));
        let long = line.repeat(400);
        for form in [Form::Slack, Form::MsTeams] {
            let told = form.words(&long).to_string();
            assert!(told.len() < 22_000 && told.len() > 8_000 && told.contains("…"), "{}", told.len());
        }
        assert_eq!(Form::Event.words(&line)["text"], line);
    }
}
