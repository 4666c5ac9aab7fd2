//! hashwatch-web
