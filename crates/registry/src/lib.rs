//! hashwatch-registry
