//! hashwatch-simulate
