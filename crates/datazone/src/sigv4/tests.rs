//! Verification against an independent signer, and every refusal.

use std::time::{Duration, UNIX_EPOCH};

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{PayloadChecksumKind, SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use proptest::prelude::*;

use super::*;

const NOW: i64 = 1_767_323_045_000;
const KEY_ID: &str = "EMPAKIDEXAMPLE";
const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
const HOST: &str = "127.0.0.1:8585";

fn request(method: Method, path: &str, query: &str, body: &[u8]) -> Request {
    let mut headers = HeaderMap::new();
    headers.insert("host", HeaderValue::from_static(HOST));
    headers.insert("user-agent", HeaderValue::from_static("Boto3/1.44.5"));
    if !body.is_empty() {
        headers.insert("content-type", HeaderValue::from_static("application/json"));
    }
    Request {
        raw_path: path.into(),
        raw_query: query.into(),
        headers,
        body: Bytes::copy_from_slice(body),
        ..Request::new(method, "")
    }
}

struct Signing {
    at: i64,
    region: &'static str,
    service: &'static str,
    secret: &'static str,
    token: Option<&'static str>,
    checksum: bool,
}

const AS_BOTO3: Signing =
    Signing { at: NOW, region: "us-east-1", service: SERVICE, secret: SECRET, token: None, checksum: false };

fn signed(mut request: Request, how: &Signing) -> Request {
    let identity = Credentials::new(KEY_ID, how.secret, how.token.map(str::to_owned), None, "test").into();
    let mut settings = SigningSettings::default();
    if how.checksum {
        settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
    }
    let params = v4::SigningParams::builder()
        .identity(&identity)
        .region(how.region)
        .name(how.service)
        .time(UNIX_EPOCH + Duration::from_millis(how.at as u64))
        .settings(settings)
        .build()
        .unwrap()
        .into();
    let question = if request.raw_query.is_empty() { "" } else { "?" };
    let uri = format!("http://{HOST}{}{question}{}", request.raw_path, request.raw_query);
    let body = request.body.clone();
    let headers: Vec<(String, String)> = request
        .headers
        .iter()
        .map(|(name, value)| (name.to_string(), String::from_utf8(value.as_bytes().to_vec()).unwrap()))
        .collect();
    let signable = SignableRequest::new(
        request.method.as_str(),
        uri,
        headers.iter().map(|(name, value)| (name.as_str(), value.as_str())),
        SignableBody::Bytes(&body),
    )
    .unwrap();
    let (instructions, _) = sign(signable, &params).unwrap().into_parts();
    for (name, value) in instructions.headers() {
        request.headers.insert(HeaderName::from_bytes(name.as_bytes()).unwrap(), HeaderValue::from_str(value).unwrap());
    }
    request
}

fn verifier() -> Verifier {
    Verifier::new(None, Vec::new())
}

fn check(request: &Request) -> Result<AccessKeyId, Refusal> {
    let verifier = verifier();
    let presented = verifier.parse(request, NOW)?;
    verifier.verify(&presented, request, Some(Credential { secret: SECRET, session: None }), NOW)
}

fn create() -> Request {
    request(Method::POST, "/v2/domains/dzd-1/data-products", "", br#"{"name": "Sales"}"#)
}

#[test]
fn a_signed_request_is_its_signers() {
    assert_eq!(check(&signed(create(), &AS_BOTO3)).unwrap().as_str(), KEY_ID);
    assert!(check(&signed(create(), &Signing { checksum: true, ..AS_BOTO3 })).is_ok());
}

#[test]
fn tag_calls_with_an_encoded_arn_verify() {
    let path = "/tags/arn%3Aaws%3Adatazone%3Aus-east-1%3A123456789012%3Adomain%2Fdzd_x";
    assert!(check(&signed(request(Method::DELETE, path, "tagKeys=a%20b&tagKeys=c%2Bd", b""), &AS_BOTO3)).is_ok());
}

#[test]
fn changing_any_signed_part_breaks_the_signature() {
    let good = signed(create(), &AS_BOTO3);
    let spoil = |change: &dyn Fn(&mut Request)| {
        let mut request = good.clone();
        change(&mut request);
        check(&request).unwrap_err()
    };
    assert_eq!(spoil(&|r| r.method = Method::PUT), Refusal::Mismatch);
    assert_eq!(spoil(&|r| r.raw_path.push('x')), Refusal::Mismatch);
    assert_eq!(spoil(&|r| r.raw_query = "a=b".into()), Refusal::Mismatch);
    assert_eq!(spoil(&|r| r.body = Bytes::from_static(b"{}")), Refusal::Mismatch);
    assert_eq!(spoil(&|r| drop(r.headers.insert("host", HeaderValue::from_static("evil")))), Refusal::Mismatch);
    assert_eq!(spoil(&|r| drop(r.headers.remove("content-type"))), Refusal::Mismatch);
    assert!(
        spoil(&|r| drop(r.headers.insert("x-amz-date", HeaderValue::from_static("20260102T030406Z"))))
            == Refusal::Mismatch
    );
}

#[test]
fn the_wrong_secret_and_the_unknown_key_are_different_refusals() {
    assert_eq!(check(&signed(create(), &Signing { secret: "other", ..AS_BOTO3 })), Err(Refusal::Mismatch));
    let request = signed(create(), &AS_BOTO3);
    let verifier = verifier();
    let presented = verifier.parse(&request, NOW).unwrap();
    assert_eq!(presented.access_key_id(), KEY_ID);
    assert_eq!(verifier.verify(&presented, &request, None, NOW), Err(Refusal::UnknownCredential));
}

#[test]
fn a_request_without_a_signature_is_refused_as_such() {
    assert_eq!(check(&create()), Err(Refusal::NotSigned));
    let presigned = request(Method::GET, "/v2/domains", "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Signature=00", b"");
    assert_eq!(check(&presigned), Err(Refusal::SignedQuery));
    let mut twice = signed(create(), &AS_BOTO3);
    let header = twice.headers["authorization"].clone();
    twice.headers.append("authorization", header);
    assert!(matches!(check(&twice), Err(Refusal::Incomplete(_))));
    let mut bytes = create();
    bytes.headers.insert("authorization", HeaderValue::from_bytes(b"AWS4-HMAC-SHA256 \xff").unwrap());
    assert!(matches!(check(&bytes), Err(Refusal::Incomplete(_))));
}

#[test]
fn any_region_is_taken_where_none_is_configured_and_a_signature_is_good_for_its_own() {
    for region in ["us-east-1", "eu-central-1", "ap-southeast-2", "us-gov-west-1", "local"] {
        let request = signed(create(), &Signing { region, ..AS_BOTO3 });
        assert!(check(&request).is_ok(), "{region}");
        let presented = verifier().parse(&request, NOW).unwrap();
        assert_eq!(presented.region(), region);
        // What was signed for it counts in no other.
        let mut elsewhere = request;
        let header = elsewhere.headers["authorization"].to_str().unwrap().replace(region, "sa-east-1");
        elsewhere.headers.insert("authorization", HeaderValue::from_str(&header).unwrap());
        assert_eq!(check(&elsewhere), Err(Refusal::Mismatch), "{region}");
    }
    for no_region in ["US-EAST-1", "us_east", "us east", "*", "us-east-1%0A"] {
        assert!(!verifier().takes(no_region), "{no_region}");
        assert_eq!(check(&signed(create(), &Signing { region: no_region, ..AS_BOTO3 })), Err(Refusal::WrongRegion));
    }
    assert!(!verifier().takes(&"a".repeat(65)) && !verifier().takes(""));
    let narrow = Verifier::new(Some("eu-west-1".into()), Vec::new());
    assert!(narrow.parse(&signed(create(), &Signing { region: "eu-west-1", ..AS_BOTO3 }), NOW).is_ok());
    let other = narrow.parse(&signed(create(), &AS_BOTO3), NOW);
    assert_eq!(other.map(|_| ()), Err(Refusal::WrongRegion));
}

#[test]
fn the_scope_must_name_this_service_and_day() {
    assert_eq!(check(&signed(create(), &Signing { service: "s3", ..AS_BOTO3 })), Err(Refusal::WrongService));
    let replace = |from: &str, to: &str| {
        let mut request = signed(create(), &AS_BOTO3);
        let header = request.headers["authorization"].to_str().unwrap().replace(from, to);
        request.headers.insert("authorization", HeaderValue::from_str(&header).unwrap());
        check(&request).unwrap_err()
    };
    assert_eq!(replace("aws4_request", "aws5_request"), Refusal::WrongTerminator);
    assert!(matches!(replace("/20260102/", "/20260101/"), Refusal::WrongDay { .. }));
}

#[test]
fn fifteen_minutes_of_skew_are_tolerated_and_not_a_second_more() {
    const SKEW: i64 = 15 * 60 * 1000;
    for at in [NOW - SKEW, NOW + SKEW] {
        assert!(check(&signed(create(), &Signing { at, ..AS_BOTO3 })).is_ok());
    }
    let old = check(&signed(create(), &Signing { at: NOW - SKEW - 1000, ..AS_BOTO3 })).unwrap_err();
    assert_eq!(
        old.message(),
        "Signature expired: 20260102T024904Z is now earlier than 20260102T024905Z (20260102T030405Z - 15 min.)"
    );
    let early = check(&signed(create(), &Signing { at: NOW + SKEW + 1000, ..AS_BOTO3 })).unwrap_err();
    assert!(
        early.message().starts_with("Signature not yet current: 20260102T031906Z is still later than 20260102T031905Z")
    );
}

#[test]
fn the_date_header_stands_in_for_x_amz_date() {
    let mut request = signed(create(), &AS_BOTO3);
    let header = request.headers["authorization"].to_str().unwrap().to_owned();
    request.headers.remove("x-amz-date");
    assert!(matches!(check(&request), Err(Refusal::Incomplete(text)) if text.contains("'Date'")));

    request.headers.insert("date", HeaderValue::from_static("Fri, 02 Jan 2026 03:04:05 GMT"));
    let names = vec!["content-type".to_owned(), "date".to_owned(), "host".to_owned()];
    let hash = canonical::hash(&request, &names, &payload_hash(&request).unwrap(), None);
    let to_sign = format!("{ALGORITHM}\n20260102T030405Z\n20260102/us-east-1/datazone/aws4_request\n{}", hex(&hash));
    let key = SigningKeys::default().get(KEY_ID, SECRET, "20260102", "us-east-1", SERVICE);
    let signature = hex(&signing_key::hmac(&key, to_sign.as_bytes()));
    let start = header.split(", SignedHeaders").next().unwrap();
    let header = format!("{start}, SignedHeaders=content-type;date;host, Signature={signature}");
    request.headers.insert("authorization", HeaderValue::from_str(&header).unwrap());
    assert!(check(&request).is_ok());
}

#[test]
fn host_and_every_amz_header_must_be_signed() {
    let mut request = signed(create(), &AS_BOTO3);
    request.headers.insert("amz-sdk-request", HeaderValue::from_static("attempt=1"));
    assert!(check(&request).is_ok());
    request.headers.insert("x-amz-meta", HeaderValue::from_static("late"));
    assert_eq!(check(&request), Err(Refusal::HeaderNotSigned("x-amz-meta".into())));
    let mut request = signed(create(), &AS_BOTO3);
    let header = request.headers["authorization"].to_str().unwrap().replace("content-type;host;", "content-type;");
    request.headers.insert("authorization", HeaderValue::from_str(&header).unwrap());
    assert_eq!(check(&request), Err(Refusal::HostNotSigned));
}

#[test]
fn an_unsigned_or_misstated_payload_is_refused() {
    let mut request = create();
    request.headers.insert("x-amz-content-sha256", HeaderValue::from_static("UNSIGNED-PAYLOAD"));
    assert_eq!(check(&signed(request, &AS_BOTO3)), Err(Refusal::UnsignedPayload));
    let mut request = create();
    request.headers.insert("x-amz-content-sha256", HeaderValue::from_static(EMPTY_PAYLOAD_HASH));
    assert_eq!(check(&signed(request, &AS_BOTO3)), Err(Refusal::PayloadHash));
}

#[test]
fn session_tokens_belong_to_their_key_and_end() {
    let verifier = verifier();
    let decide = |token: Option<&'static str>, session: Option<Session<'_>>| {
        let request = signed(create(), &Signing { token, ..AS_BOTO3 });
        let presented = verifier.parse(&request, NOW).unwrap();
        verifier.verify(&presented, &request, Some(Credential { secret: SECRET, session }), NOW).map(|_| ())
    };
    let session = |expires_at| Some(Session { token: "t0ken", expires_at });
    assert_eq!(decide(Some("t0ken"), session(NOW + 1)), Ok(()));
    assert_eq!(decide(Some("t0ken"), session(NOW)), Err(Refusal::ExpiredCredential));
    assert_eq!(decide(Some("other"), session(NOW + 1)), Err(Refusal::UnknownCredential));
    assert_eq!(decide(Some("t0ken"), None), Err(Refusal::UnknownCredential));
    assert_eq!(decide(None, session(NOW + 1)), Err(Refusal::UnknownCredential));
}

#[test]
fn behind_a_proxy_the_configured_host_verifies_in_place_of_the_received_one() {
    let mut request = signed(create(), &AS_BOTO3);
    request.headers.insert("host", HeaderValue::from_static("10.0.0.7:80"));
    let verifier = Verifier::new(None, vec!["other".into(), HOST.into()]);
    let presented = verifier.parse(&request, NOW).unwrap();
    let credential = Some(Credential { secret: SECRET, session: None });
    assert!(verifier.verify(&presented, &request, credential, NOW).is_ok());
    assert_eq!(check(&request), Err(Refusal::Mismatch));
}

#[test]
fn every_refusal_of_a_signature_is_403_with_the_clients_code() {
    for (refusal, code) in [
        (Refusal::NotSigned, "MissingAuthenticationTokenException"),
        (Refusal::Algorithm, "IncompleteSignatureException"),
        (Refusal::UnknownCredential, "UnrecognizedClientException"),
        (Refusal::ExpiredCredential, "ExpiredTokenException"),
        (Refusal::Mismatch, "InvalidSignatureException"),
    ] {
        let error = refusal.into_error();
        assert_eq!((error.status, error.code.name()), (403, code));
    }
}

#[test]
fn requests_recorded_from_boto3_verify() {
    // Made with botocore's signer, host 127.0.0.1:8585, at 2026-11-20T10:54:00Z.
    let recorded = [
        (
            Method::DELETE,
            "/tags/arn%3Aaws%3Adatazone%3Aus-east-1%3A123456789012%3Adomain%2Fdzd_x",
            "tagKeys=a%20b&tagKeys=c%2Bd&tagKeys=%C3%A9%2F~",
            "",
            "87910fe4d12efa12745f84bb1c774843038682882939fe69bb3bc7339cfd0e43",
        ),
        (
            Method::GET,
            "/v2/domains/dzd_x/lineage/nodes/a%2Fb%3Ac%20%C3%BC",
            "",
            "",
            "f4737972fa4e15c60c824f24a6a8ddf19898cdee065b80c3ebd0b3deb0bac2b9",
        ),
        (
            Method::POST,
            "/v2/domains/dzd_x/data-products",
            "",
            r#"{"name": "Kunden-\u00dc", "owningProjectIdentifier": "p", "clientToken": "t"}"#,
            "84f352afe1d65e79994976c5968d8aab13be72adb43639cbde1d706db5215526",
        ),
        (
            Method::GET,
            "/v2/domains/dzd_x/projects",
            "name=a%20b&maxResults=5",
            "",
            "0aaa9cf88cd641609c08c2fd07e08fe1f8f2a1fb860117eb9a01ec647fcfa02d",
        ),
    ];
    let now = times::parse_iso_basic("20261120T105400Z").unwrap();
    for (method, path, query, body, signature) in recorded {
        let mut request = request(method, path, query, body.as_bytes());
        let names = if body.is_empty() { "host;x-amz-date" } else { "content-type;host;x-amz-date" };
        let header = format!(
            "{ALGORITHM} Credential={KEY_ID}/20261120/us-east-1/datazone/aws4_request, SignedHeaders={names}, Signature={signature}"
        );
        request.headers.insert("authorization", HeaderValue::from_str(&header).unwrap());
        request.headers.insert("x-amz-date", HeaderValue::from_static("20261120T105400Z"));
        request.headers.insert("amz-sdk-request", HeaderValue::from_static("attempt=1"));
        let verifier = verifier();
        let presented = verifier.parse(&request, now).unwrap();
        let credential = Some(Credential { secret: SECRET, session: None });
        assert!(verifier.verify(&presented, &request, credential, now).is_ok(), "{path}");
    }
}

/// A path of segments as clients write them: encoded once, with slashes, colons, blanks and letters of all scripts inside.
fn paths() -> impl Strategy<Value = String> {
    let segment = "[a-zA-Z0-9 /:%+=@é漢😀~._-]{1,12}".prop_map(|text| {
        let mut out = Vec::new();
        for byte in text.bytes() {
            if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
                out.push(byte);
            } else {
                out.extend(format!("%{byte:02X}").bytes());
            }
        }
        String::from_utf8(out).unwrap()
    });
    (proptest::collection::vec(segment, 0..5), any::<bool>())
        .prop_map(|(segments, slash)| format!("/{}{}", segments.join("/"), if slash { "/" } else { "" }))
}

/// Query strings with repeated, empty and odd parameters in any order.
fn queries() -> impl Strategy<Value = String> {
    let piece = "[a-zA-Z0-9+=~._-]{0,3}(%20|%2F|%3A|%2B|%C3%A9|%7E)?[a-zA-Z0-9]{0,3}";
    proptest::collection::vec(("[a-c](%20|%2F|[A-C])?", proptest::option::of(piece)), 0..6).prop_map(|pairs| {
        let pairs: Vec<String> = pairs
            .into_iter()
            .map(|(name, value)| value.map_or(name.clone(), |value| format!("{name}={value}")))
            .collect();
        pairs.join("&")
    })
}

proptest! {
    #[test]
    fn whatever_the_oracle_signs_verifies(
        path in paths(),
        query in queries(),
        body in proptest::collection::vec(any::<u8>(), 0..64),
        note in "[ a-z]{0,20}",
        token in proptest::option::of(Just("FwoGZXIvYXdz//+=")),
        checksum in any::<bool>(),
    ) {
        let mut request = request(Method::POST, &path, &query, &body);
        request.headers.append("x-amz-note", HeaderValue::from_str(&note).unwrap());
        request.headers.append("x-amz-note", HeaderValue::from_static("second"));
        let request = signed(request, &Signing { token, checksum, ..AS_BOTO3 });
        let verifier = verifier();
        let presented = verifier.parse(&request, NOW).unwrap();
        let session = token.map(|token| Session { token, expires_at: NOW + 1 });
        let result = verifier.verify(&presented, &request, Some(Credential { secret: SECRET, session }), NOW);
        prop_assert!(result.is_ok(), "{:?} {path} {query}", result);
    }

    #[test]
    fn no_header_makes_the_verifier_panic(header in "(AWS4-HMAC-SHA256 )?[ -~é]{0,80}", date in "[0-9TZ]{0,18}") {
        let mut request = create();
        if let Ok(value) = HeaderValue::from_str(&header) {
            request.headers.insert("authorization", value);
        }
        request.headers.insert("x-amz-date", HeaderValue::from_str(&date).unwrap());
        prop_assert!(check(&request).is_err());
    }
}
