//! The `Authorization` header of a signed request, taken apart.

use super::refusal::Refusal;

/// What the header claims; nothing in it is verified yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Authorization {
    pub access_key_id: String,
    /// `yyyymmdd` of the scope.
    pub date: String,
    pub region: String,
    pub service: String,
    pub terminator: String,
    /// Lower case, ascending, without repetition.
    pub signed_headers: Vec<String>,
    pub signature: [u8; 32],
}

pub const ALGORITHM: &str = "AWS4-HMAC-SHA256";
/// Access key ids of this server are shorter; nothing longer is worth a look-up.
const MAX_ACCESS_KEY_ID: usize = 128;

impl Authorization {
    pub fn parse(header: &str) -> Result<Authorization, Refusal> {
        let (algorithm, rest) = header.trim().split_once(' ').ok_or(Refusal::Incomplete(NOT_READABLE))?;
        if algorithm != ALGORITHM {
            return Err(Refusal::Algorithm);
        }
        let (mut credential, mut signed_headers, mut signature) = (None, None, None);
        for part in rest.split(',') {
            let (name, value) = part.trim().split_once('=').ok_or(Refusal::Incomplete(NOT_READABLE))?;
            let slot = match name {
                "Credential" => &mut credential,
                "SignedHeaders" => &mut signed_headers,
                "Signature" => &mut signature,
                _ => return Err(Refusal::Incomplete(NOT_READABLE)),
            };
            if slot.replace(value).is_some() {
                return Err(Refusal::Incomplete(NOT_READABLE));
            }
        }
        let credential =
            credential.ok_or(Refusal::Incomplete("Authorization header requires 'Credential' parameter."))?;
        let signed_headers =
            signed_headers.ok_or(Refusal::Incomplete("Authorization header requires 'SignedHeaders' parameter."))?;
        let signature = signature.ok_or(Refusal::Incomplete("Authorization header requires 'Signature' parameter."))?;

        // From the right, so that an access key id may hold a slash.
        let mut fields = credential.rsplitn(5, '/');
        let mut next = || fields.next().filter(|field| !field.is_empty()).ok_or(Refusal::Incomplete(CREDENTIAL_PARTS));
        let (terminator, service, region, date, access_key_id) = (next()?, next()?, next()?, next()?, next()?);
        if access_key_id.len() > MAX_ACCESS_KEY_ID {
            return Err(Refusal::UnknownCredential);
        }
        Ok(Authorization {
            access_key_id: access_key_id.to_owned(),
            date: date.to_owned(),
            region: region.to_owned(),
            service: service.to_owned(),
            terminator: terminator.to_owned(),
            signed_headers: parse_signed_headers(signed_headers)?,
            signature: parse_signature(signature)?,
        })
    }

    pub fn signs(&self, header: &str) -> bool {
        self.signed_headers.binary_search_by(|name| name.as_str().cmp(header)).is_ok()
    }

    /// `<date>/<region>/<service>/<terminator>`.
    pub fn scope(&self) -> String {
        format!("{}/{}/{}/{}", self.date, self.region, self.service, self.terminator)
    }
}

const NOT_READABLE: &str = "Authorization header requires 'Credential', 'SignedHeaders' and 'Signature' parameters.";
const CREDENTIAL_PARTS: &str =
    "Credential must have exactly 5 slash-delimited elements: keyid/date/region/service/term.";

fn parse_signed_headers(text: &str) -> Result<Vec<String>, Refusal> {
    let names: Vec<String> = text.split(';').map(str::to_owned).collect();
    let well_formed = names
        .iter()
        .all(|name| !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_graphic() && !byte.is_ascii_uppercase()));
    if !well_formed || !names.is_sorted_by(|a, b| a < b) {
        return Err(Refusal::Incomplete("SignedHeaders must be lower case, sorted and without repetition."));
    }
    Ok(names)
}

fn parse_signature(text: &str) -> Result<[u8; 32], Refusal> {
    let digit = |byte: u8| (byte as char).to_digit(16).map(|digit| digit as u8);
    let bytes = text.as_bytes();
    let mut signature = [0; 32];
    if bytes.len() != 64 {
        return Err(Refusal::Incomplete(SIGNATURE_FORM));
    }
    for (byte, pair) in signature.iter_mut().zip(bytes.chunks_exact(2)) {
        let (high, low) = digit(pair[0]).zip(digit(pair[1])).ok_or(Refusal::Incomplete(SIGNATURE_FORM))?;
        *byte = high << 4 | low;
    }
    Ok(signature)
}

const SIGNATURE_FORM: &str = "Signature must be 64 hexadecimal digits.";

#[cfg(test)]
mod tests {
    use super::*;

    const HEX: &str = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

    #[test]
    fn the_three_parts_come_in_any_order_with_or_without_blanks() {
        let a = format!(
            "AWS4-HMAC-SHA256 Credential=AK/20260102/us-east-1/datazone/aws4_request, SignedHeaders=host;x-amz-date, Signature={HEX}"
        );
        let b = format!(
            "AWS4-HMAC-SHA256 Signature={HEX},SignedHeaders=host;x-amz-date,Credential=AK/20260102/us-east-1/datazone/aws4_request"
        );
        let parsed = Authorization::parse(&a).unwrap();
        assert_eq!(parsed, Authorization::parse(&b).unwrap());
        assert_eq!(parsed.access_key_id, "AK");
        assert_eq!(parsed.scope(), "20260102/us-east-1/datazone/aws4_request");
        assert_eq!(&parsed.signature[..3], &[0x00, 0x11, 0x22]);
        assert!(parsed.signs("host") && !parsed.signs("hos"));
    }

    #[test]
    fn an_access_key_id_may_hold_a_slash() {
        let header = format!("AWS4-HMAC-SHA256 Credential=A/K/20260102/r/s/t, SignedHeaders=host, Signature={HEX}");
        assert_eq!(Authorization::parse(&header).unwrap().access_key_id, "A/K");
    }

    #[test]
    fn unusable_headers_are_refused_with_the_part_that_is_wrong() {
        let refusal = |header: &str| Authorization::parse(header).unwrap_err();
        assert_eq!(refusal("Bearer abc"), Refusal::Algorithm);
        assert_eq!(refusal("AWS4-ECDSA-P256-SHA256 Credential=a"), Refusal::Algorithm);
        for header in [
            "",
            "AWS4-HMAC-SHA256",
            "AWS4-HMAC-SHA256 x",
            "AWS4-HMAC-SHA256 Credential=A/20260102/r/s/t",
            &format!("AWS4-HMAC-SHA256 Credential=A/20260102/s/t, SignedHeaders=host, Signature={HEX}"),
            &format!("AWS4-HMAC-SHA256 Credential=/20260102/r/s/t, SignedHeaders=host, Signature={HEX}"),
            &format!("AWS4-HMAC-SHA256 Credential=A/20260102/r/s/t, SignedHeaders=x;host, Signature={HEX}"),
            &format!("AWS4-HMAC-SHA256 Credential=A/20260102/r/s/t, SignedHeaders=Host, Signature={HEX}"),
            &format!("AWS4-HMAC-SHA256 Credential=A/20260102/r/s/t, SignedHeaders=host;host, Signature={HEX}"),
            &format!("AWS4-HMAC-SHA256 Credential=A/20260102/r/s/t, SignedHeaders=, Signature={HEX}"),
            "AWS4-HMAC-SHA256 Credential=A/20260102/r/s/t, SignedHeaders=host, Signature=zz",
            &format!("AWS4-HMAC-SHA256 Credential=A/20260102/r/s/t, SignedHeaders=host, Signature=é{}", &HEX[2..]),
            &format!(
                "AWS4-HMAC-SHA256 Signature={HEX}, Credential=A/20260102/r/s/t, SignedHeaders=host, Signature={HEX}"
            ),
        ] {
            assert!(matches!(refusal(header), Refusal::Incomplete(_)), "{header}");
        }
    }

    #[test]
    fn an_endless_access_key_id_is_not_looked_up() {
        let header = format!(
            "AWS4-HMAC-SHA256 Credential={}/20260102/r/s/t, SignedHeaders=host, Signature={HEX}",
            "A".repeat(129)
        );
        assert_eq!(Authorization::parse(&header).unwrap_err(), Refusal::UnknownCredential);
    }
}
