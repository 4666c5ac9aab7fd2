//! Which addresses are one mailbox, as far as their text tells: so that a bound holds for the mailbox, not for a spelling of it.

/// Domains of whose addresses each is another's mailbox. A large one that is missing here waits once many of its people subscribe in a
/// day; one that has no business here gives its owner no more than the other bounds do.
const PROVIDERS: &str = "\
    126.com 139.com 163.com 189.cn abv.bg alice.it aliyun.com aol.com att.net bell.net bigpond.com bk.ru bluewin.ch \
    bol.com.br btinternet.com centrum.cz charter.net comcast.net cox.net daum.net disroot.org docomo.ne.jp duck.com email.cz \
    ezweb.ne.jp fastmail.com fastmail.fm foxmail.com free.fr freenet.de gmail.com gmx.at gmx.ch gmx.com gmx.de gmx.net \
    googlemail.com hanmail.net hey.com hotmail.co.uk hotmail.com hotmail.de hotmail.es hotmail.fr hotmail.it icloud.com \
    inbox.ru interia.pl kakao.com keemail.me kpnmail.nl laposte.net libero.it list.ru live.co.uk live.com live.de live.fr \
    live.nl mac.com mail.com mail.de mail.ru mailbox.org me.com msn.com naver.com o2.pl onet.pl op.pl orange.fr outlook.com \
    outlook.de outlook.es outlook.fr pm.me posteo.de posteo.net proton.me protonmail.ch protonmail.com qq.com rambler.ru \
    rediffmail.com riseup.net rocketmail.com rogers.com sbcglobal.net seznam.cz sfr.fr shaw.ca sina.com sky.com \
    softbank.ne.jp sohu.com t-online.de terra.com.br tiscali.it tuta.com tuta.io tutamail.com tutanota.com tutanota.de \
    ukr.net uol.com.br verizon.net virgilio.it virginmedia.com wanadoo.fr web.de wp.pl ya.ru yahoo.ca yahoo.co.in \
    yahoo.co.jp yahoo.co.uk yahoo.com yahoo.com.br yahoo.de yahoo.es yahoo.fr yahoo.it yandex.com yandex.ru yeah.net \
    ymail.com ziggo.nl zoho.com zohomail.eu";

/// The mailbox of an address: in lower case, without what a subscriber may add to it himself.
///
/// What follows a plus is taken off everywhere (RFC 5233 calls it the detail), dots where the provider says that they do not count.
pub(crate) fn mailbox(address: &str) -> String {
    let address = address.to_lowercase();
    let Some((local, domain)) = address.rsplit_once('@') else { return address };
    let user = match local.split_once('+') {
        Some((user, _)) if !user.is_empty() => user,
        _ => local,
    };
    match domain {
        // https://support.google.com/mail/answer/7436150
        "gmail.com" | "googlemail.com" => format!("{}@gmail.com", user.replace('.', "")),
        _ => format!("{user}@{domain}"),
    }
}

/// The domain of an address, where all of the domain may be one mailbox.
pub(crate) fn domain(address: &str) -> Option<String> {
    let domain = address.rsplit_once('@')?.1.to_lowercase();
    let provider = PROVIDERS.split(' ').any(|provider| provider == domain);
    (!provider).then_some(domain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_a_mailbox_are_one() {
        for (spelling, of) in [
            ("Victim@Example.ORG", "victim@example.org"),
            ("victim+1@example.org", "victim@example.org"),
            ("victim+a+b@example.org", "victim@example.org"),
            ("v.i.c.tim+x@gmail.com", "victim@gmail.com"),
            ("victim@googlemail.com", "victim@gmail.com"),
            ("vic.tim@example.org", "vic.tim@example.org"),
            ("+1@example.org", "+1@example.org"),
            ("victim-1@example.org", "victim-1@example.org"),
        ] {
            assert_eq!(mailbox(spelling), of);
        }
        assert_ne!(mailbox("a@example.org"), mailbox("a@example.com"));
    }

    #[test]
    fn a_providers_domain_is_nobodys_mailbox() {
        assert_eq!(domain("a@Example.org").as_deref(), Some("example.org"));
        assert_eq!((domain("a@GMail.com"), domain("a@web.de")), (None, None));
        assert_eq!(domain("a@gmail.com.example").as_deref(), Some("gmail.com.example"));
    }
}
