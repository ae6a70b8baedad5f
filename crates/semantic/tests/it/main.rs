//! Integration tests, linked once.

mod attacks;
mod authorised;
mod bank;
mod bounds;
mod chat_asked;
mod chat_computed;
mod chat_dialects;
mod chat_figures;
mod chat_ground;
mod chat_lists;
mod chat_plan;
mod chat_render;
mod chat_sheets;
mod chat_silent;
mod chat_verbs;
mod chat_world;
mod compared;
mod definitions;
mod honest;
mod hostile;
mod lineage;
mod models;
mod rewriting;
mod shop;
mod tricks;
