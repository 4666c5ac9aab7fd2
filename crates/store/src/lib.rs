//! hashwatch-store
