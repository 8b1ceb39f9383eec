//! The admin pages as a browser without scripts meets them: over plain HTTP, with cookies and forms.

mod acts;
mod browser;
mod chromium;
mod doors;
mod pages;
mod permissions;
mod trail;
