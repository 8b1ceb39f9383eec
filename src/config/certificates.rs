//! A `ca_file`: the certificates by which a server of one's own is trusted, read once at the start.

use reqwest::Certificate;
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

use super::section::Section;

const RIGHT: &str = "a readable file with certificates in PEM";

/// As an HTTP client takes them. None when the key is not given: then those of the system count.
pub(super) fn read(s: &mut Section<'_>) -> Vec<Certificate> {
    let found = trusted(s);
    found
        .iter()
        .filter_map(|certificate| Certificate::from_der(certificate).ok())
        .collect()
}

/// The same as they are.
pub(super) fn trusted(s: &mut Section<'_>) -> Vec<CertificateDer<'static>> {
    let path = s.text("ca_file");
    if path.is_empty() {
        return Vec::new();
    }
    certificates(&path).unwrap_or_else(|why| {
        s.wrong("ca_file", &format!("\"{path}\" ({why})"), RIGHT);
        Vec::new()
    })
}

fn certificates(path: &str) -> Result<Vec<CertificateDer<'static>>, String> {
    let pem = std::fs::read(path).map_err(|error| error.to_string())?;
    let found: Result<Vec<_>, String> = CertificateDer::pem_slice_iter(&pem)
        .map(|certificate| usable(certificate.map_err(|error| error.to_string())?))
        .collect();
    match found {
        Ok(found) if found.is_empty() => Err("no certificate in it".to_owned()),
        found => found,
    }
}

/// A client finds out only when it is made; here the key can still be named.
fn usable(certificate: CertificateDer<'static>) -> Result<CertificateDer<'static>, String> {
    let trusted = RootCertStore::empty().add(certificate.clone());
    trusted.map_err(|error| error.to_string())?;
    Certificate::from_der(&certificate).map_err(|error| error.to_string())?;
    Ok(certificate)
}
