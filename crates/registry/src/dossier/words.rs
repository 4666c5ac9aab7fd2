//! Closed sets of words: what the data call a thing, and what it is here.

/// An enum whose variants have each one word in the data and the API.
macro_rules! words {
    ($(#[$about:meta])* $name:ident { $($(#[$doc:meta])* $variant:ident = $word:literal,)+ }) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name { $($(#[$doc])* $variant,)+ }

        impl $name {
            /// All of them.
            pub const ALL: &[$name] = &[$($name::$variant,)+];

            /// The word in the data and the API.
            pub fn name(self) -> &'static str {
                match self { $($name::$variant => $word,)+ }
            }

            /// What a word means, if it is one of them.
            pub fn named(word: &str) -> Option<$name> {
                $name::ALL.iter().copied().find(|it| it.name() == word)
            }

            /// All of them, each after its word.
            pub(crate) fn words() -> Vec<(&'static str, $name)> {
                $name::ALL.iter().map(|it| (it.name(), *it)).collect()
            }
        }
    };
}

pub(crate) use words;
