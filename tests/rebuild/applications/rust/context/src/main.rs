use std::collections::BTreeMap;
use std::{env, fs};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = env::args().nth(1).ok_or("no file is named")?;
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for word in fs::read_to_string(path)?.split_whitespace() {
        *counts.entry(word.to_lowercase()).or_default() += 1;
    }
    for (word, count) in counts.iter().filter(|(_, count)| **count > 1) {
        println!("{word} {count}");
    }
    Ok(())
}
