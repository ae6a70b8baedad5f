//! Answers to questions in words: sentences, figures and charts.

pub mod answer;
pub mod chart;
pub mod figures;
