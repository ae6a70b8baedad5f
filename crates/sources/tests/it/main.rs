//! Integration tests against the real systems, linked once.

mod mariadb;
mod postgresql;
mod servers;
mod sqlite;
