//! hashwatch-verify
