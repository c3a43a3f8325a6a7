use posology::prelude::*;
use posology::math::kernel::Kernel;
use posology::model::Catalogue;
use posology::simulate::{Engine, Prepared, Settings};
fn main() {
    let text = std::fs::read_to_string("/tmp/w3.toml").unwrap();
    let model = Model::parse(&text, "w3.toml", &Catalogue).unwrap();
    let regimen: Regimen = "84 mg oral every 84 h x 8, then 84 mg oral weekly x 12".parse().unwrap();
    let samples: Vec<f64> = (1..=500).map(|j| 6.72 * f64::from(j)).collect();
    let n = 320usize;
    let mut s = 12345u64;
    let mut normal = move || { let mut u = || { s ^= s << 13; s ^= s >> 7; s ^= s << 17; (s >> 11) as f64 / (1u64 << 53) as f64 }; let (a, b) = (u(), u()); (-2.0 * (1.0 - a).ln()).sqrt() * (6.283185307179586 * b).cos() };
    let subjects: Vec<Subject> = (0..n).map(|_| { let w = 1.09f64.ln().sqrt(); let (e1, e2) = ((w * normal()).exp(), (w * normal()).exp());
        Subject::typical(&model).set("Vmax", &format!("{} mg/h", 12.0 * e1).parse::<Quantity>().unwrap()).unwrap().set("V2", &format!("{} L", 150.0 * e2).parse::<Quantity>().unwrap()).unwrap() }).collect();
    for (rtol, atol) in [(1e-6, 1e-8), (1e-8, 1e-10)] {
      for engine in [Engine::Auto, Engine::Explicit] {
        for kernel in Kernel::ALL {
            let settings = Settings { engine, rtol, atol, kernel, ..Settings::default() };
            let prepared = Prepared::with(&model, Some(&regimen), samples.clone(), 3360.0, settings).unwrap();
            let mut ws = prepared.workspace();
            let mut out = vec![0.0; n * 500];
            let mut best = f64::INFINITY; let mut bad = 0;
            for _ in 0..3 { let t = std::time::Instant::now(); let r = prepared.run_all(&subjects, &mut ws, &mut out); best = best.min(t.elapsed().as_secs_f64()); bad = r.iter().filter(|r| r.is_err()).count(); }
            let mut ws1 = prepared.workspace(); let mut one = vec![0.0; 500];
            let t = std::time::Instant::now(); for s in &subjects[..20] { prepared.run(s, &mut ws1, &mut one).unwrap(); } let single = t.elapsed().as_secs_f64() / 20.0;
            let same = out[19*500..20*500].iter().zip(&one).all(|(a,b)| a.to_bits()==b.to_bits());
            let w = ws1.work();
            println!("{engine} {rtol:e} {kernel}: {:.1} us/subject, single {:.1} us, failed {bad}, same {same}, sum {:.12}, steps {} rej {} slopes {}", best / n as f64 * 1e6, single * 1e6, out.iter().sum::<f64>(), w.explicit_steps/20, w.rejected/20, w.slopes/20);
        }
      }
    }
}
