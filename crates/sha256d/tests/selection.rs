//! The choice of a backend is made once for a process, so this test is one process.

use hashwatch_sha256d::{Backend, Unavailable, hash_headers, sha256d};

#[test]
fn a_backend_is_selected_once() {
    // what this machine lacks is refused and leaves the choice open
    for backend in Backend::ALL.into_iter().filter(|backend| !backend.is_available()) {
        let refused = backend.select().unwrap_err();
        assert!(matches!(refused, Unavailable::Lacking { backend: lacking, .. } if lacking == backend));
        assert!(refused.to_string().contains("which this processor does not have"), "{refused}");
    }
    Backend::Portable.select().unwrap();
    assert_eq!(Backend::active(), Backend::Portable);
    Backend::Portable.select().unwrap();

    let mut hash = [[0; 32]];
    hash_headers(&[7; 80], &mut hash);
    assert_eq!(hash[0], sha256d(&[7; 80]));
    assert_eq!(Backend::active(), Backend::Portable);

    // once it has begun there is no other, though each can still be asked for by name
    for backend in Backend::ALL.into_iter().filter(|b| *b != Backend::Portable && b.is_available()) {
        let refused = backend.select().unwrap_err();
        assert_eq!(refused, Unavailable::Begun { backend, active: Backend::Portable });
        assert_eq!(
            refused.to_string(),
            format!("hashing with {backend} was asked for after it had begun with portable")
        );
        let mut again = [[0; 32]];
        backend.hash_headers(&[7; 80], &mut again);
        assert_eq!(again, hash);
    }
}
