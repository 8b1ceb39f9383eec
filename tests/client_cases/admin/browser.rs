//! A browser without scripts: keeps cookies, follows redirects, sends the forms that a page holds.

use std::cell::RefCell;
use std::collections::BTreeMap;

use nodeconductor_billing::db::tokens::Role;
use nodeconductor_billing::db::users;
use nodeconductor_billing::domain::password;

use crate::client_cases::world::World;
use crate::support::socket::Reply;

pub const PASSWORD: &str = "four plain words here";

/// A person may sign in.
pub async fn person(world: &World, name: &str, role: Role) {
    let hash = password::hash(PASSWORD).unwrap();
    let now = world.service.state.clock.now();
    assert!(users::create(world.pool(), now, name, role, &hash).await.unwrap());
}

pub struct Browser<'w> {
    world: &'w World,
    cookies: RefCell<BTreeMap<String, String>>,
    language: &'static str,
}

/// A page that was shown, after redirects.
#[derive(Debug)]
pub struct Page {
    pub status: u16,
    pub address: String,
    pub html: String,
    pub reply: Reply,
}

impl<'w> Browser<'w> {
    pub fn new(world: &'w World) -> Self {
        Self {
            world,
            cookies: RefCell::default(),
            language: "en",
        }
    }

    /// Somebody who is signed in.
    pub async fn of(world: &'w World, name: &str, role: Role) -> Self {
        person(world, name, role).await;
        let browser = Self::new(world);
        let page = browser.sign_in(name, PASSWORD).await;
        assert_eq!((page.status, page.address.as_str()), (200, "/admin/"), "{}", page.html);
        browser
    }

    pub const fn speaking(mut self, language: &'static str) -> Self {
        self.language = language;
        self
    }

    pub async fn sign_in(&self, name: &str, password: &str) -> Page {
        let page = self.get("/admin/sign-in/").await;
        page.send(self, "/admin/sign-in/", &[("name", name), ("password", password)])
            .await
    }

    pub async fn get(&self, address: &str) -> Page {
        self.ask("GET", address.to_owned(), String::new(), &[]).await
    }

    /// Sends fields without looking at a page, as another site would have a browser do.
    pub async fn post(&self, address: &str, fields: &[(&str, &str)]) -> Page {
        self.ask("POST", address.to_owned(), encoded(fields), &[]).await
    }

    pub fn cookie(&self, name: &str) -> Option<String> {
        self.cookies.borrow().get(name).cloned()
    }

    pub fn set_cookie(&self, name: &str, value: &str) {
        self.cookies.borrow_mut().insert(name.to_owned(), value.to_owned());
    }

    async fn ask(&self, method: &str, mut address: String, body: String, more: &[(&str, &str)]) -> Page {
        let mut method = method.to_owned();
        let mut body = Some(body);
        for _ in 0..5 {
            let sent = body.take().unwrap_or_default();
            let reply = self.once(&method, &address, sent, more).await;
            if !(300..400).contains(&reply.status) {
                return Page {
                    status: reply.status,
                    html: String::from_utf8_lossy(&reply.body).into_owned(),
                    address,
                    reply,
                };
            }
            reply.headers["location"].to_str().unwrap().clone_into(&mut address);
            "GET".clone_into(&mut method);
        }
        panic!("{address} redirects for ever");
    }

    async fn once(&self, method: &str, address: &str, body: String, more: &[(&str, &str)]) -> Reply {
        let cookies = self
            .cookies
            .borrow()
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect::<Vec<_>>();
        let cookies = cookies.join("; ");
        let mut headers = vec![
            ("cookie", cookies.as_str()),
            ("accept-language", self.language),
            ("accept", "text/html"),
        ];
        if method == "POST" {
            headers.push(("content-type", "application/x-www-form-urlencoded"));
        }
        headers.extend(more);
        let reply = self.world.send(method, address, &headers, body).await;
        for cookie in reply.headers.get_all("set-cookie") {
            let (pair, rest) = cookie.to_str().unwrap().split_once(';').unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            if rest.contains("Max-Age=0") {
                self.cookies.borrow_mut().remove(name);
            } else {
                assert!(rest.contains("HttpOnly") && rest.contains("SameSite="), "{rest}");
                self.set_cookie(name, value);
            }
        }
        reply
    }
}

impl Page {
    /// Fills in the form of this page that goes to `action`, and sends it with what it hides.
    pub async fn send(&self, browser: &Browser<'_>, action: &str, fields: &[(&str, &str)]) -> Page {
        let form = self.form(action);
        let hidden = hidden(form);
        let mut all: Vec<(&str, &str)> = hidden
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        all.extend(fields);
        browser.post(action, &all).await
    }

    fn form(&self, action: &str) -> &str {
        let begin = self.html.find(&format!("action=\"{action}\""));
        let begin = begin.unwrap_or_else(|| panic!("{} has no form to {action}: {}", self.address, self.html));
        let rest = &self.html[begin..];
        &rest[..rest.find("</form>").unwrap()]
    }

    /// What a field of it holds.
    pub fn value(&self, name: &str) -> &str {
        let (_, rest) = self.html.split_once(&format!("name=\"{name}\" value=\"")).unwrap();
        rest.split('"').next().unwrap()
    }

    /// The addresses that it links to.
    pub fn links(&self) -> Vec<String> {
        let links = self.html.split("<a ").skip(1);
        let links = links.filter_map(|link| link.split_once("href=\"")?.1.split_once('"'));
        links
            .map(|(href, _)| href.replace("&#38;", "&").replace("&amp;", "&"))
            .collect()
    }

    /// The text that a person reads.
    fn text(&self) -> String {
        let main = self
            .html
            .split_once("<main")
            .map_or(self.html.as_str(), |(_, main)| main);
        let texts = main.split('<').filter_map(|part| Some(part.split_once('>')?.1.trim()));
        texts.filter(|text| !text.is_empty()).collect::<Vec<_>>().join(" ")
    }

    #[track_caller]
    pub fn says(&self, text: &str) -> &Self {
        assert!(
            self.html.contains(text),
            "{} does not say {text:?}, but: {}",
            self.address,
            self.text()
        );
        self
    }
}

fn hidden(form: &str) -> Vec<(String, String)> {
    let inputs = form.split("<input type=\"hidden\" name=\"").skip(1);
    let pair = |input: &str| {
        let (name, rest) = input.split_once('"').unwrap();
        let value = rest.split_once("value=\"").unwrap().1.split_once('"').unwrap().0;
        (name.to_owned(), value.replace("&#38;", "&"))
    };
    inputs.map(pair).collect()
}

fn encoded(fields: &[(&str, &str)]) -> String {
    url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(fields)
        .finish()
}
