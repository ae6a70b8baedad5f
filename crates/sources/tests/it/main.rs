//! Integration tests against the real systems, linked once.

mod csv;
mod honest;
mod lying;
mod mariadb;
mod postgresql;
mod servers;
mod sqlite;
