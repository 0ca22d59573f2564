use sluice_sdk::prelude::*;
fn main() {
    let mut args = std::env::args().skip(1);
    let version = args.next().unwrap();
    let file = args.next().unwrap();
    let r = args.next();
    let idx = r.as_deref() == Some("idx");
    let reps: u32 = if idx { 0 } else { r.map_or(0, |x| x.parse().unwrap()) };
    let settings: kubernetes_schema::Settings =
        serde_json::from_str(&format!("{{\"version\":\"{version}\"}}")).unwrap();
    let text = std::fs::read_to_string(file).unwrap();
    let lines: Vec<&str> = text.lines().filter(|l| !l.is_empty()).collect();
    let objs: Vec<Resource> = lines.iter().map(|l| Resource::from_json(l).unwrap()).collect();
    let mut n = 0;
    if reps == 0 {
        for (i, o) in objs.iter().enumerate() {
            for f in kubernetes_schema::schema(o, &settings) {
                n += 1;
                if idx {
                    print!("{i}\t");
                }
                println!(
                    "{}/{} {}\t{}\t{}\t{}\t{}",
                    o.api_version(),
                    o.kind(),
                    o.name(),
                    f.rule.unwrap(),
                    f.pointer,
                    f.message,
                    if f.fix.is_empty() { "" } else { "FIX" }
                );
            }
        }
        println!("{} objects {} findings", objs.len(), n);
        return;
    }
    let bytes: usize = objs.iter().map(|o| o.tape().as_bytes().len()).sum();
    let cpu =
        || std::fs::read_to_string("/proc/self/schedstat").unwrap().split(" ").next().unwrap().parse::<u64>().unwrap();
    let t = cpu();
    for _ in 0..reps {
        for o in &objs {
            n += kubernetes_schema::schema(std::hint::black_box(o), &settings).len();
        }
    }
    let d = std::time::Duration::from_nanos(cpu() - t);
    println!(
        "{} objects, json {} B avg, tape {} B avg, {:.3} us per object, findings {}",
        objs.len(),
        text.len() / objs.len(),
        bytes / objs.len(),
        d.as_secs_f64() * 1e6 / (reps as f64 * objs.len() as f64),
        n / reps as usize
    );
}
