//! Integration tests against the real systems, linked once.

mod honest;
mod mariadb;
mod postgresql;
mod servers;
mod sqlite;
