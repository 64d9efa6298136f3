//! The attribute of the crate `wamr-guest`, which documents it.

use proc_macro::{Delimiter, TokenStream, TokenTree};

/// See `wamr_guest::app`.
#[proc_macro_attribute]
pub fn app(arguments: TokenStream, item: TokenStream) -> TokenStream {
    if !arguments.is_empty() {
        return error("`#[app]` takes no arguments");
    }
    let Some(app) = implementor(item.clone()) else {
        return error("`#[app]` belongs on `impl App for …`");
    };
    let mut output = item;
    output.extend(format!("::wamr_guest::export_app!({app});").parse::<TokenStream>());
    output
}

/// Returns the type of an `impl Trait for Type { … }`: the tokens between `for` and the braces.
fn implementor(item: TokenStream) -> Option<TokenStream> {
    let mut tokens =
        item.into_iter().skip_while(|token| !is_word(token, "impl")).skip_while(|token| !is_word(token, "for"));
    tokens.next()?;
    let ty: TokenStream = tokens.take_while(|token| !is_body(token)).collect();
    (!ty.is_empty()).then_some(ty)
}

fn is_word(token: &TokenTree, word: &str) -> bool {
    matches!(token, TokenTree::Ident(ident) if ident.to_string() == word)
}

fn is_body(token: &TokenTree) -> bool {
    matches!(token, TokenTree::Group(group) if group.delimiter() == Delimiter::Brace)
}

fn error(message: &str) -> TokenStream {
    format!("compile_error!({message:?});").parse().unwrap_or_default()
}
