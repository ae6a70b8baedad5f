//! The core with a real gate over an engine in memory.

mod house;
mod interrupted;

mod alarm;
mod aliases;
mod asset_domains;
mod credentials;
mod deletion;
mod followers;
mod giving;
mod labels;
mod lasting_filters;
mod lasting_masks;
mod leases;
mod many_requests;
mod names;
mod news;
mod past_parts;
mod provider_logins;
mod races;
mod reading;
mod reading_parts;
mod references;
mod repeated;
mod requests;
mod rights;
mod roles_over_versions;
mod together;
mod visibility;
mod writing;
