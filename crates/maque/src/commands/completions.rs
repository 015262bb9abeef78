//! `maque completions SHELL`: completions on standard output.

use crate::exit::Exit;
use clap_complete::Shell;
use std::io::Write;

/// Print completions for a shell, to be put where the shell looks for them
#[derive(clap::Args)]
pub(crate) struct Completions {
    /// The shell
    shell: Shell,
    /// The name that they are for
    #[arg(long, value_enum, default_value_t = Name::Maque)]
    name: Name,
}

/// The names of the binary.
#[derive(Clone, Copy, clap::ValueEnum)]
enum Name {
    Maque,
    Qwen,
    Mq,
}

/// What zsh offers for names that `maque` lists, and for files where files will do as well.
const ZSH: &str = r#"
_maque_names() {
    local -a names
    names=(${${(M)${(f)"$(maque $@ 2> /dev/null)"}:#[^[:space:]]*}%%[[:space:]]*})
    compadd -a names
}
_maque_models() { _maque_names list }
_maque_models_or_files() { _maque_names list; _files }
_maque_catalogue() { _maque_names list --catalogue }
_maque_recipes() { _maque_names batch --list; _files -g '*.toml' }
"#;

/// Where a line of the generated zsh script asks for any word, and what it asks for instead.
const ZSH_WORDS: [(&str, &str); 5] = [
    (":NAME|PATH:", "_maque_models_or_files"),
    (
        " -- Model of the catalogue, as family\\:size:",
        "_maque_catalogue",
    ),
    (" -- Model, as family\\:size:", "_maque_models"),
    (":RECIPE:", "_maque_recipes"),
    (
        " -- Recipe\\: a name of --list, or a .toml file:",
        "_maque_recipes",
    ),
];

/// The same for fish, which gets no words after a command from the generator; its files come by themselves.
const FISH: &str = r"
function __fish_maque_names
    maque $argv 2> /dev/null | string replace -rf '^(\S+).*' '$1'
end
";
const FISH_WORDS: &str = r#"
complete -c maque -n "__fish_maque_using_subcommand pull" -f -a "(__fish_maque_names list --catalogue)"
complete -c maque -n "__fish_maque_using_subcommand show rm verify" -f -a "(__fish_maque_names list)"
complete -c maque -n "__fish_maque_using_subcommand batch" -a "(__fish_maque_names batch --list)"
complete -c maque -n "__fish_maque_using_subcommand batch" -l show -x -a "(__fish_maque_names batch --list)"
complete -c maque -n "__fish_maque_using_subcommand completions" -f -a "bash elvish fish powershell zsh"
"#;

impl Completions {
    /// `whole` is the command of the name `maque`, `ask` that of the others.
    pub(crate) fn run(self, whole: clap::Command, ask: clap::Command) -> anyhow::Result<Exit> {
        let (name, command) = match self.name {
            Name::Maque => ("maque", whole),
            Name::Qwen => ("qwen", ask),
            Name::Mq => ("mq", ask),
        };
        let script = script(self.shell, name, &command)?;
        std::io::stdout().lock().write_all(script.as_bytes())?;
        Ok(Exit::Complete)
    }
}

fn script(shell: Shell, name: &'static str, command: &clap::Command) -> anyhow::Result<String> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut offered(name, command), name, &mut script);
    let script = String::from_utf8(script)?;
    Ok(match shell {
        Shell::Zsh => with_zsh_words(script),
        Shell::Fish => script + FISH + &fish_words(name, command),
        _ => script,
    })
}

/// The command without what nobody types.
fn offered(name: &'static str, command: &clap::Command) -> clap::Command {
    let commands = command.get_subcommands().filter(|one| !one.is_hide_set());
    clap::Command::new(name)
        .version(env!("CARGO_PKG_VERSION"))
        .disable_help_subcommand(true)
        .args(command.get_arguments().cloned())
        .subcommands(commands.cloned())
}

fn with_zsh_words(script: String) -> String {
    let any = "_default";
    let with = |script: String, (at, word): &(&str, &str)| {
        script.replace(&format!("{at}{any}"), &format!("{at}{word}"))
    };
    let script = ZSH_WORDS.iter().fold(script, with);
    script.replacen("\n\n", &format!("\n{ZSH}\n"), 1)
}

/// Models of `--model` for each command that takes it, and the words after commands.
fn fish_words(name: &str, command: &clap::Command) -> String {
    let takes_model = |one: &&clap::Command| {
        let mut options = one.get_opts();
        options.any(|option| option.get_long() == Some("model"))
    };
    let with_model = command.get_subcommands().filter(takes_model);
    let with_model: Vec<&str> = with_model.map(clap::Command::get_name).collect();
    let models = "-l model -r -a \"(__fish_maque_names list)\"";
    match with_model.join(" ") {
        none if none.is_empty() => format!("\ncomplete -c {name} {models}\n"),
        names => {
            let when = format!("__fish_maque_using_subcommand {names}");
            format!("{FISH_WORDS}complete -c {name} -n \"{when}\" {models}\n")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arguments::Arguments;
    use clap::CommandFactory;

    #[test]
    fn zsh_asks_maque_for_the_names_that_it_lists() {
        let script = script(Shell::Zsh, "maque", &Arguments::command()).expect("a script");
        for (at, word) in ZSH_WORDS {
            assert!(script.contains(&format!("{at}{word}")), "{at}");
        }
        assert!(script.contains(ZSH));
    }

    #[test]
    fn nothing_hidden_is_offered() {
        for shell in [
            Shell::Bash,
            Shell::Zsh,
            Shell::Fish,
            Shell::Elvish,
            Shell::PowerShell,
        ] {
            let script = script(shell, "maque", &Arguments::command()).expect("a script");
            assert!(
                script.contains("library") && !script.contains("library-reader"),
                "{shell}"
            );
        }
    }
}
