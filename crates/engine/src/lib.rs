//! hashwatch-engine
