import numpy as np, cv2
from pathlib import Path
from vtzoo.data.synthetic import Synthetic
from vtzoo.evaluation.filmstrip import film_strips
from vtzoo.engine.metrics import average_overlap, overlap_counts
from vtzoo.evaluation.run import SequenceResult
res=Path('results/synthetic/sparsett_nano.min60')
d=Synthetic('test'); boxes={}
for s in d:
    f=next(p for p in res.rglob('*.txt') if p.stem==s.name)
    boxes[s.name]=np.loadtxt(f,delimiter=',' if ',' in f.read_text().split('\n')[0] else None)
def ao(s): 
    b=boxes[s.name]; return average_overlap([[overlap_counts(s,SequenceResult(b,np.ones(len(b)),np.zeros(len(b))))]])['AO']
r=sorted(d,key=lambda s:-ao(s)); print([(s.name,round(ao(s),2)) for s in r])
shown=[r[0],r[3],r[24],r[-1]]
film_strips([(f'{s.name}: AO {ao(s):.2f}',s) for s in shown],{'sparsett_nano':boxes},0,Path('strips.png'))
best=r[0]; out=Path('frames'); out.mkdir(exist_ok=True)
for i in range(len(best)): cv2.imwrite(str(out/f'{i:04d}.png'),best.frames[i][...,::-1])
print(best.name,','.join(f'{v:.0f}' for v in best.boxes[0]))
